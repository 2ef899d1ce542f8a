//! The findings of the servers in use, as they write them, names and addresses changed.

use super::{judged, settings};

fn check(cases: &[(&str, &str)]) {
    for (header, expected) in cases {
        assert_eq!(&judged(header, &settings()), expected, "{header}");
    }
}

#[test]
fn findings_of_real_servers_are_read() {
    check(&[
        // Postfix with OpenDKIM and OpenDMARC: one field each, the latter on top.
        (
            "Authentication-Results: mx.univ.example; dmarc=pass (p=reject dis=none) header.from=univ.example\nAuthentication-Results: mx.univ.example;\n\tdkim=pass (2048-bit key; unprotected) header.d=univ.example header.i=@univ.example header.a=rsa-sha256 header.s=m header.b=Ab3/xY+1;\n\tdkim-atps=neutral\n",
            "pass dmarc",
        ),
        (
            "Authentication-Results: mx.univ.example; dmarc=fail (p=none dis=none) header.from=univ.example\nAuthentication-Results: mx.univ.example; spf=pass smtp.mailfrom=bulk.example\n",
            "fail dmarc",
        ),
        (
            "Authentication-Results: mx.univ.example;\n\tdkim=fail reason=\"signature verification failed\" (2048-bit key; unprotected) header.d=univ.example header.i=@univ.example header.b=\"Ab3/xY+1\";\n\tdkim-atps=neutral\n",
            "none nothing_aligned",
        ),
        // The SPF policy server of Postfix.
        (
            "Authentication-Results: mx.univ.example; spf=pass (sender SPF authorized) smtp.mailfrom=univ.example (client-ip=192.0.2.1; helo=out.univ.example; envelope-from=claire@univ.example; receiver=<UNKNOWN>)\n",
            "pass spf",
        ),
        // rspamd.
        (
            "Authentication-Results: mx.univ.example;\n\tdkim=pass header.d=univ.example header.s=m header.b=aBcD1234;\n\tspf=pass (mx.univ.example: domain of claire@univ.example designates 192.0.2.1 as permitted sender) smtp.mailfrom=claire@univ.example;\n\tdmarc=pass (policy=reject) header.from=univ.example;\n\tarc=none\n",
            "pass dmarc",
        ),
        (
            "Authentication-Results: mx.univ.example;\n\tdkim=none;\n\tspf=softfail (mx.univ.example: 192.0.2.9 is neither permitted nor denied by domain of \"a b\"@univ.example) smtp.mailfrom=\"a b@univ.example\";\n\tdmarc=fail reason=\"No valid SPF, No valid DKIM\" header.from=univ.example (policy=quarantine)\n",
            "fail dmarc",
        ),
        // Gmail as border.
        (
            "Authentication-Results: mx.univ.example;\n       dkim=pass header.i=@univ.example header.s=m header.b=\"D/ZmgCz2\";\n       spf=pass (google.com: domain of claire@univ.example designates 192.0.2.1 as permitted sender) smtp.mailfrom=claire@univ.example;\n       dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=univ.example\n",
            "pass dmarc",
        ),
        // Exchange Online signs with no name: nobody can tell who wrote it.
        (
            "Authentication-Results: spf=pass (sender IP is 192.0.2.1)\n smtp.mailfrom=univ.example; dkim=pass (signature was verified)\n header.d=univ.example;dmarc=pass action=none\n header.from=univ.example;compauth=pass reason=100\n",
            "none no_field",
        ),
        // The same results behind a gateway that puts its name in front.
        (
            "Authentication-Results: mx.univ.example; spf=pass (sender IP is 192.0.2.1)\n smtp.mailfrom=univ.example; dkim=pass (signature was verified)\n header.d=univ.example;dmarc=pass action=none\n header.from=univ.example;compauth=pass reason=100\n",
            "pass dmarc",
        ),
        // Zimbra with amavis.
        (
            "Authentication-Results: mx.univ.example (amavisd-new);\n\tdkim=pass (2048-bit key) header.d=univ.example\nDKIM-Signature: v=1; d=univ.example; h=from:to; b=A\n",
            "pass dkim",
        ),
        (
            "Authentication-Results: mx.univ.example (amavisd-new); dkim=fail (1024-bit key)\n reason=\"fail (message has been altered)\" header.d=univ.example\n",
            "none nothing_aligned",
        ),
        // A national network's relay: a queue of fields, the border's own on top.
        (
            "Received: from mx.univ.example (LHLO mx.univ.example) (192.0.2.3) by\n zimbra.univ.example with LMTP; Mon, 1 Jan 2024 10:00:01 +0100 (CET)\nAuthentication-Results: mx.univ.example; spf=pass (mailfrom) smtp.mailfrom=univ.example (client-ip=192.0.2.1; helo=relay.example)\nAuthentication-Results: relay.example; dmarc=none header.from=univ.example\n",
            "pass spf",
        ),
        // Yahoo: no blank before the comment, a semicolon at the end.
        (
            "Authentication-Results: mx.univ.example; dkim=pass header.i=@univ.example header.s=m; spf=pass smtp.mailfrom=univ.example; dmarc=pass(p=REJECT) header.from=univ.example;\n",
            "pass dmarc",
        ),
        // Fastmail's milter.
        (
            "Authentication-Results: mx.univ.example;\n    arc=none (no signatures found);\n    dkim=pass (2048-bit rsa key sha256) header.d=univ.example header.i=@univ.example header.b=aBcD1234 header.a=rsa-sha256 header.s=m x-bits=2048;\n    dmarc=pass policy.published-domain-policy=none policy.applied-disposition=none (p=none,d=none,d.eval=none) policy.policy-from=p header.from=univ.example;\n    iprev=pass smtp.remote-ip=192.0.2.1 (out.univ.example);\n    spf=pass smtp.mailfrom=claire@univ.example smtp.helo=out.univ.example\n",
            "pass dmarc",
        ),
        // Exim.
        (
            "Authentication-Results: mx.univ.example;\n\tiprev=pass (out.univ.example) smtp.remote-ip=192.0.2.1;\n\tauth=pass (PLAIN) smtp.auth=claire@univ.example;\n\tspf=none smtp.mailfrom=univ.example;\n\tarc=none\n",
            "pass auth",
        ),
        // Sendmail's milters, on several lines with comments everywhere.
        (
            "Authentication-Results:\n mx.univ.example (here) 1 (version)\n ; (first) spf (method) = (is) pass (good) smtp (type) . (dot) mailfrom (name) = (is) univ.example\n",
            "pass spf",
        ),
    ]);
}
