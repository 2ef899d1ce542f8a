//! What the border server's word is worth: the findings of real servers, and what forgers write.
//!
//! Every case is a whole letter, read as the daemon reads it. Its author is `claire@univ.example`
//! unless it says otherwise; the border server is `mx.univ.example`.

use std::time::{Duration, Instant};

use guichet::classify::Settings;
use guichet::classify::sender_auth::{Alignment, SenderAuth, sender_auth};
use guichet::message::limits;
use guichet::message::parse::parse;

mod properties;
mod real_servers;

fn settings() -> Settings {
    Settings {
        own_addresses: vec!["support@univ.example".to_owned()],
        authserv_id: Some("mx.univ.example".to_owned()),
        ..Settings::default()
    }
}

/// The verdict in one word, with what it rests on.
fn word(verdict: &SenderAuth) -> String {
    let json = serde_json::to_value(verdict).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let kept: SenderAuth = serde_json::from_value(json.clone()).unwrap();
    assert_eq!(&kept, verdict, "it can be kept with the decision");
    let detail = match verdict {
        SenderAuth::Pass { .. } => text(&json["by"]["method"]),
        SenderAuth::Fail { .. } | SenderAuth::None { .. } => text(&json["why"]),
        SenderAuth::TempError => String::new(),
    };
    format!("{} {detail}", text(&json["verdict"]))
        .trim()
        .to_owned()
}

fn judged(header: &str, settings: &Settings) -> String {
    let mut raw = header.to_owned();
    if !raw.lines().any(|line| line.starts_with("From:")) {
        raw.push_str("From: Claire <claire@univ.example>\n");
    }
    raw.push_str("To: support@univ.example\nSubject: panne\n\nBonjour\n");
    word(&sender_auth(&parse(raw.as_bytes()).unwrap(), settings))
}

/// A field of our border server.
fn ours(results: &str) -> String {
    format!("Authentication-Results: mx.univ.example; {results}\n")
}

/// A signature as the author's server writes it.
const SIGNED: &str = "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=univ.example; s=m;\n\tt=1700000000; h=From:To:Subject:Date; bh=AAAA=; b=BBBB\n";
const TAKEN_IN: &str = "Received: from out.sender.net (out.sender.net [192.0.2.1])\n\tby mx.univ.example (Postfix) with ESMTPS id 4SxYz; Mon, 1 Jan 2024 10:00:00 +0100\n";
const BY_STRANGER: &str = "Received: from pc (pc [192.0.2.7])\n\tby out.sender.net (Postfix) with ESMTPSA id 1; Mon, 1 Jan 2024 09:59:59 +0100\n";

/// Cases whose header is one result list of our server.
fn check_results(before: &str, cases: &[(&str, &str)]) {
    for (results, expected) in cases {
        let header = format!("{}{before}", ours(results));
        assert_eq!(&judged(&header, &settings()), expected, "{header}");
    }
}

#[test]
fn the_worst_of_all_methods_counts() {
    check_results(
        "",
        &[
            ("none", "none nothing_aligned"),
            ("dmarc=pass header.from=univ.example", "pass dmarc"),
            ("dmarc=pass header.from=UNIV.Example.", "pass dmarc"),
            ("dmarc=pass header.from=labo.univ.example", "pass dmarc"),
            ("dmarc=pass header.from=claire@univ.example", "pass dmarc"),
            (
                "dmarc=none; dmarc=pass header.from=univ.example",
                "none nothing_aligned",
            ),
            (
                "dmarc=temperror; dmarc=pass header.from=univ.example",
                "temp_error",
            ),
            ("dmarc=pass", "none nothing_aligned"),
            ("dmarc=pass header.from=", "none nothing_aligned"),
            ("dmarc=fail", "fail dmarc"),
            ("dmarc=fail header.from=univ.example", "fail dmarc"),
            ("dmarc=fail header.from=evil.example", "fail dmarc"),
            (
                "dmarc=none header.from=univ.example",
                "none nothing_aligned",
            ),
            ("dmarc=temperror header.from=univ.example", "temp_error"),
            (
                "dmarc=permerror header.from=univ.example",
                "none nothing_aligned",
            ),
            (
                "dmarc=bestguesspass header.from=univ.example",
                "none nothing_aligned",
            ),
            ("dmarc=pass header.from=evil.example", "fail other_author"),
            (
                "dmarc=none header.from=evil.example; spf=pass smtp.mailfrom=univ.example",
                "fail other_author",
            ),
            (
                "dmarc=pass header.from=univ.example; dmarc=fail header.from=univ.example",
                "fail dmarc",
            ),
            (
                "dmarc=fail header.from=univ.example; dmarc=pass header.from=univ.example",
                "fail dmarc",
            ),
            (
                "dmarc=pass header.from=univ.example; dmarc=none header.from=univ.example",
                "none nothing_aligned",
            ),
            (
                "dmarc=pass header.from=univ.example; dmarc=temperror",
                "temp_error",
            ),
            (
                "dmarc=fail header.from=univ.example; spf=pass smtp.mailfrom=univ.example",
                "fail dmarc",
            ),
            (
                "dmarc=temperror; spf=pass smtp.mailfrom=univ.example",
                "temp_error",
            ),
            (
                "dmarc=none; spf=pass smtp.mailfrom=claire@univ.example",
                "pass spf",
            ),
            ("spf=pass smtp.mailfrom=claire@univ.example", "pass spf"),
            ("spf=pass smtp.mailfrom=univ.example", "pass spf"),
            (
                "spf=pass smtp.mailfrom=<bounce@mail.univ.example>",
                "pass spf",
            ),
            (
                "spf=pass smtp.mailfrom=evil.example",
                "none nothing_aligned",
            ),
            (
                "spf=pass smtp.mailfrom=claire@univ.example@evil.example",
                "none nothing_aligned",
            ),
            (
                "spf=pass smtp.mailfrom=univ.example.evil.example",
                "none nothing_aligned",
            ),
            (
                "spf=pass smtp.mailfrom=notuniv.example",
                "none nothing_aligned",
            ),
            ("spf=pass smtp.helo=univ.example", "none nothing_aligned"),
            ("spf=pass", "none nothing_aligned"),
            ("spf=fail smtp.mailfrom=univ.example", "fail spf"),
            (
                "spf=softfail smtp.mailfrom=univ.example",
                "none nothing_aligned",
            ),
            (
                "spf=fail smtp.mailfrom=evil.example",
                "none nothing_aligned",
            ),
            ("spf=temperror smtp.mailfrom=univ.example", "temp_error"),
            (
                "spf=pass smtp.mailfrom=univ.example; spf=fail smtp.mailfrom=univ.example",
                "fail spf",
            ),
            (
                "spf=pass smtp.mailfrom=univ.example; spf=fail smtp.mailfrom=evil.example",
                "pass spf",
            ),
            (
                "auth=pass (login) smtp.auth=Claire@univ.example",
                "pass auth",
            ),
            (
                "auth=pass smtp.auth=paul@univ.example",
                "none nothing_aligned",
            ),
            ("auth=pass smtp.auth=claire", "none nothing_aligned"),
            (
                "auth=pass smtp.auth=claire@univ.example; dmarc=fail",
                "fail dmarc",
            ),
            (
                "auth=fail smtp.auth=claire@univ.example",
                "none nothing_aligned",
            ),
            (
                "arc=pass (i=1 dmarc=pass) smtp.remote-ip=192.0.2.1",
                "none nothing_aligned",
            ),
            (
                "compauth=pass reason=100; iprev=pass policy.iprev=192.0.2.1",
                "none nothing_aligned",
            ),
            (
                "dkim=pass header.d=evil.example; spf=none",
                "none nothing_aligned",
            ),
        ],
    );
}

#[test]
fn a_pass_names_what_it_rests_on_and_says_so_without_names() {
    for (results, identity) in [
        (
            "dmarc=pass header.from=Labo.univ.example",
            "labo.univ.example",
        ),
        (
            "dkim=pass header.d=evil.example; dkim=pass header.i=@Mail.univ.example.",
            "mail.univ.example",
        ),
        (
            "spf=pass smtp.mailfrom=bounce@bulk.univ.example",
            "bulk.univ.example",
        ),
        (
            "auth=pass smtp.auth=CLAIRE@univ.example",
            "claire@univ.example",
        ),
    ] {
        let raw = format!("{}{SIGNED}From: claire@univ.example\n\nx\n", ours(results));
        let verdict = sender_auth(&parse(raw.as_bytes()).unwrap(), &settings());
        match &verdict {
            SenderAuth::Pass { by } => assert_eq!(by.identity, identity),
            other => panic!("{results}: {other:?}"),
        }
        assert!(!verdict.to_string().contains("example"), "{verdict}");
    }
}

#[test]
fn a_signature_is_worth_what_it_covers() {
    let dkim = "dkim=pass header.d=univ.example";
    let dmarc = "dmarc=pass header.from=univ.example";
    let both = format!("{dkim}; {dmarc}");
    let with_spf = format!("{both}; spf=pass smtp.mailfrom=univ.example");
    let signature = |change: &str, to: &str| SIGNED.replace(change, to);
    let cut = signature("bh=", "l=120; bh=");
    let bare = signature("From:", "");
    let foreign = cut.replace("univ.example", "list.example");
    let folded = "DKIM-Signature: v=1; d=mail.\n univ.example; h=to:\n\tf r o\n m:date; b=A\n";
    for (results, signatures, expected) in [
        (dkim, SIGNED, "pass dkim"),
        ("dkim=pass header.i=@mail.univ.example", SIGNED, "pass dkim"),
        (
            "dkim=pass header.i=claire@univ.example header.s=m",
            SIGNED,
            "pass dkim",
        ),
        ("dkim=pass header.s=m", SIGNED, "none nothing_aligned"),
        (
            "dkim=neutral header.d=univ.example",
            SIGNED,
            "none nothing_aligned",
        ),
        (
            "dkim=policy header.d=univ.example",
            SIGNED,
            "none nothing_aligned",
        ),
        ("dkim=temperror header.d=univ.example", SIGNED, "temp_error"),
        (
            "dkim=fail header.d=univ.example; spf=pass smtp.mailfrom=univ.example",
            SIGNED,
            "pass spf",
        ),
        (
            "dkim=pass header.d=univ.example; dkim=fail header.d=univ.example",
            SIGNED,
            "none nothing_aligned",
        ),
        (
            "dkim=pass header.d=univ.example; dkim=fail header.d=list.example",
            SIGNED,
            "pass dkim",
        ),
        (
            "dkim=pass header.d=list.example; dkim=fail header.d=univ.example",
            SIGNED,
            "none nothing_aligned",
        ),
        ("dkim/1=pass header.d=univ.example", SIGNED, "pass dkim"),
        (
            "dkim/2=pass header.d=univ.example",
            SIGNED,
            "none nothing_aligned",
        ),
        (
            "dkim=pass header.d=evil.example header.d=univ.example",
            SIGNED,
            "none unreadable",
        ),
        (dkim, folded, "pass dkim"),
        (dkim, "", "none weak_signature"),
        (dkim, &cut, "none weak_signature"),
        (
            dkim,
            &cut.replace("l=120", "l\n = 0"),
            "none weak_signature",
        ),
        (dkim, &bare, "none weak_signature"),
        (
            dkim,
            &signature("h=From:To", "h=From:To; h=To"),
            "none weak_signature",
        ),
        (
            dkim,
            &signature("h=From:To:Subject:Date;", ""),
            "none weak_signature",
        ),
        (dkim, &signature("From:", "X-From:"), "none weak_signature"),
        (dkim, &format!("{SIGNED}{cut}"), "none weak_signature"),
        (dkim, &format!("{cut}{SIGNED}"), "none weak_signature"),
        (dkim, &format!("{SIGNED}{foreign}"), "pass dkim"),
        (dkim, &foreign, "none weak_signature"),
        (dmarc, SIGNED, "pass dmarc"),
        (dmarc, "", "pass dmarc"),
        (dmarc, &foreign, "pass dmarc"),
        (dmarc, &cut, "none weak_signature"),
        (&both, SIGNED, "pass dmarc"),
        (&both, "", "none weak_signature"),
        (&both, &bare, "none weak_signature"),
        (&with_spf, &bare, "pass dmarc"),
        (&with_spf, &cut, "pass dmarc"),
    ] {
        let header = format!("{}{signatures}", ours(results));
        assert_eq!(judged(&header, &settings()), expected, "{header}");
    }
}

#[test]
fn only_the_topmost_field_above_a_foreign_server_is_believed() {
    let good = ours("dmarc=pass header.from=univ.example");
    let bad = ours("dmarc=fail header.from=univ.example");
    let none = ours("spf=none");
    let other = "Authentication-Results: mx.evil.example; dmarc=fail; spf=pass\n";
    let other_good =
        "Authentication-Results: mx.evil.example; dmarc=pass header.from=univ.example\n";
    let delivered = "Received: from mx.univ.example by imap.univ.example with LMTP id 7; now\n";
    let filtered = "Received: from mx (mx [127.0.0.1]) by localhost (amavisd-new, port 10024)\n";
    for (header, expected) in [
        (String::new(), "none no_field"),
        (format!("{TAKEN_IN}{good}{BY_STRANGER}"), "pass dmarc"),
        (format!("{good}{TAKEN_IN}{BY_STRANGER}"), "pass dmarc"),
        (
            format!("{delivered}{filtered}{TAKEN_IN}{good}"),
            "pass dmarc",
        ),
        (format!("{TAKEN_IN}{BY_STRANGER}{good}"), "none no_field"),
        (format!("{BY_STRANGER}{good}"), "none no_field"),
        (
            format!("{TAKEN_IN}{none}{BY_STRANGER}{good}"),
            "none nothing_aligned",
        ),
        (format!("{TAKEN_IN}{good}{BY_STRANGER}{bad}"), "pass dmarc"),
        (format!("{none}{good}"), "none nothing_aligned"),
        (format!("{good}{none}"), "pass dmarc"),
        (format!("{good}{bad}"), "fail dmarc"),
        (format!("{bad}{good}"), "fail dmarc"),
        (format!("{other}{good}"), "pass dmarc"),
        (format!("{other}{other}{good}{other}"), "pass dmarc"),
        (other_good.to_owned(), "none no_field"),
        (format!("{other_good}{none}"), "none nothing_aligned"),
        (format!("ARC-{good}"), "none no_field"),
        (format!("X-{good}"), "none no_field"),
        (format!("Original-{good}"), "none no_field"),
        (
            format!("From: claire@univ.example\n\n{good}"),
            "none no_field",
        ),
        (
            good.replace("Authentication-Results:", "AUTHENTICATION-RESULTS :"),
            "pass dmarc",
        ),
        (good.replace("mx.", "MX."), "pass dmarc"),
        (good.replace("mx.", "mx2."), "none no_field"),
        (
            good.replace("mx.univ.example", "mx.univ.example/4SxYz"),
            "none no_field",
        ),
        (
            good.replace("mx.univ.example", "mx.univ.example.evil.example"),
            "none no_field",
        ),
        (
            good.replace("mx.univ.example", "\"mx.univ.example\""),
            "none unreadable",
        ),
        (
            good.replace("mx.univ.example", "(evil.example) mx.univ.example"),
            "none unreadable",
        ),
        (
            good.replace("mx.univ.example", "evil.example (mx.univ.example)"),
            "none no_field",
        ),
        (
            good.replace("mx.univ.example", "evil.example mx.univ.example"),
            "none no_field",
        ),
        (
            good.replace("mx.univ.example;", "mx.univ.example.;"),
            "none unreadable",
        ),
        (
            good.replace("mx.univ.example;", "mx.univ.example\"\";"),
            "none unreadable",
        ),
        // What is invisible or looks alike is not what the border server removed.
        (good.replace("mx.", "mx.\u{200b}"), "none no_field"),
        (
            good.replace("mx.univ.example", "mx.univ.example\u{a0}"),
            "none no_field",
        ),
        (
            good.replace("mx.univ.example", "mx.univ.example\u{1}"),
            "none no_field",
        ),
        (good.replace("mx.", "m\u{ad}x."), "none unreadable"),
        (good.replace("mx.", "ｍｘ."), "none unreadable"),
        (
            good.replace("Authentication", "Authenti\u{200b}cation"),
            "none no_field",
        ),
        (
            format!(
                "X: y\n{}",
                good.replace("Authentication", "\u{feff}Authentication")
            ),
            "none no_field",
        ),
        (
            format!(
                "X: y\n{}",
                good.replace("Authentication", "\u{1}Authentication")
            ),
            "none no_field",
        ),
        (
            good.replace("mx.univ.example", "mx.univ.example 1"),
            "pass dmarc",
        ),
        (
            good.replace("mx.univ.example", "mx.univ.example 2"),
            "none unreadable",
        ),
        (
            good.replace("mx.univ.example;", "mx.univ.example"),
            "none unreadable",
        ),
    ] {
        assert_eq!(judged(&header, &settings()), expected, "{header}");
    }
    let with = |change: fn(&mut Settings)| {
        let mut settings = settings();
        change(&mut settings);
        settings
    };
    let nobody = with(|s| s.authserv_id = None);
    assert_eq!(judged(&good, &nobody), "none not_configured");
    let blank = with(|s| s.authserv_id = Some(" ".to_owned()));
    assert_eq!(judged(&good, &blank), "none not_configured");
    // Behind another organisation's border: its hosts have to be named.
    let relay = |s: &mut Settings| {
        s.authserv_id = Some("mx1.relay.example".to_owned());
        s.own_addresses.clear();
    };
    let header = format!("{delivered}{}", good.replace("mx.univ", "mx1.relay"));
    let mut behind = settings();
    relay(&mut behind);
    assert_eq!(judged(&header, &behind), "none no_field");
    behind.border_hosts = vec!["IMAP.univ.example".to_owned()];
    assert_eq!(judged(&header, &behind), "pass dmarc");
    let by_relay = "Received: from out.sender.net by MX1.relay.example with ESMTPS id 8; now\n";
    let header = header.replacen("Authentication-", &format!("{by_relay}Authentication-"), 1);
    assert_eq!(judged(&header, &behind), "pass dmarc");
    behind.border_hosts = vec!["univ.example".to_owned()];
    assert_eq!(
        judged(&header, &behind),
        "none no_field",
        "hosts, not domains"
    );
}

#[test]
fn several_authors_never_pass() {
    let good = ours("dmarc=pass header.from=univ.example");
    for from in [
        "From: claire@univ.example\nFrom: paul@univ.example\n",
        "From: claire@univ.example\nFrom: claire@univ.example\n",
        "From: claire@univ.example\nfrom : paul@evil.example\n",
        "From: claire@univ.example, paul@univ.example\n",
        "From: claire@univ.example, <broken\n",
        "From: team: claire@univ.example, paul@evil.example;\n",
    ] {
        let word = judged(&format!("{good}{from}"), &settings());
        assert_eq!(word, "none no_single_author", "{from}");
    }
    // The name beside the address is no author.
    let named = "From: \"claire@univ.example\" <x@evil.example>\n";
    assert_eq!(
        judged(&format!("{good}{named}"), &settings()),
        "fail other_author"
    );
}

#[test]
fn domains_are_compared_as_organisations_or_strictly() {
    let strict = Settings {
        alignment: Alignment::Strict,
        ..settings()
    };
    let at = |from: &str, results: &str| format!("From: x@{from}\n{}", ours(results));
    for (header, relaxed, strictly) in [
        (
            at("univ.example", "spf=pass smtp.mailfrom=univ.example"),
            "pass spf",
            "pass spf",
        ),
        (
            at("labo.univ.example", "spf=pass smtp.mailfrom=univ.example"),
            "pass spf",
            "none nothing_aligned",
        ),
        (
            at("labo.univ.example", "dmarc=pass header.from=univ.example"),
            "pass dmarc",
            "none nothing_aligned",
        ),
        (
            at("a.gouv.fr", "spf=pass smtp.mailfrom=b.gouv.fr"),
            "none nothing_aligned",
            "none nothing_aligned",
        ),
        (
            at("a.gouv.fr", "dmarc=pass header.from=gouv.fr"),
            "fail other_author",
            "fail other_author",
        ),
        (
            at(
                "université.fr",
                "dmarc=pass header.from=xn--universit-j4a.fr",
            ),
            "pass dmarc",
            "pass dmarc",
        ),
        (
            at(
                "xn--universit-j4a.fr",
                "dmarc=pass header.from=UNIVERSITÉ.fr",
            ),
            "pass dmarc",
            "pass dmarc",
        ),
        (
            at("univ.example", "dkim=pass header.i=@univ.example") + SIGNED,
            "pass dkim",
            "none nothing_aligned",
        ),
    ] {
        assert_eq!(judged(&header, &settings()), relaxed, "{header}");
        assert_eq!(judged(&header, &strict), strictly, "{header}");
    }
}

#[test]
fn what_forgers_write_into_a_field_gives_no_pass() {
    check_results(
        "",
        &[
            (
                "spf=none (dmarc=pass header.from=univ.example)",
                "none nothing_aligned",
            ),
            (
                "spf=none (a (b) ; dmarc=pass header.from=univ.example)",
                "none nothing_aligned",
            ),
            (
                "spf=none (a \\) ; dmarc=pass header.from=univ.example)",
                "none nothing_aligned",
            ),
            (
                "spf=none reason=\"; dmarc=pass header.from=univ.example\"",
                "none nothing_aligned",
            ),
            (
                "spf=none reason=\"\\\"; dmarc=pass header.from=univ.example;\"",
                "none nothing_aligned",
            ),
            (
                "spf=none smtp.mailfrom=\"x; dmarc=pass header.from=univ.example\"@evil.example",
                "none nothing_aligned",
            ),
            (
                "spf=pass smtp.mailfrom=\"claire@univ.example\"@evil.example",
                "none nothing_aligned",
            ),
            (
                "spf=pass smtp.mailfrom=\"claire@univ.example\" @evil.example",
                "none unreadable",
            ),
            (
                "spf=none (of x); dmarc=pass header.from=univ.example); dmarc=none",
                "none unreadable",
            ),
            (
                "spf=none (of x); dmarc=pass header.from=univ.example (y) ; dmarc=fail header.from=univ.example",
                "fail dmarc",
            ),
            (
                "spf=pass evil smtp.mailfrom=univ.example",
                "none unreadable",
            ),
            (
                "spf=pass smtp.mailfrom=univ.example; \"open",
                "none unreadable",
            ),
            (
                "spf=pass smtp.mailfrom=univ.example (open",
                "none unreadable",
            ),
            (
                "dmarc=pass header.from=univ.example; none",
                "none unreadable",
            ),
            ("dmarc=fail header.from=univ.example; \"open", "fail dmarc"),
            (
                "x-dmarc=pass header.from=univ.example",
                "none nothing_aligned",
            ),
            (
                "dmarc=passed header.from=univ.example",
                "none nothing_aligned",
            ),
            ("dmarc=\"pass\" header.from=univ.example", "pass dmarc"),
            (
                "dmarc=pass x-header.from=univ.example",
                "none nothing_aligned",
            ),
            (
                "dmarc=pass header.from=univ.example header.from=evil.example",
                "fail other_author",
            ),
        ],
    );
}

#[test]
fn a_field_that_was_cut_gives_no_pass_and_hides_no_failure() {
    let long = "x".repeat(limits::FIELD_VALUE);
    for (results, expected) in [
        (
            format!("dmarc=pass header.from=univ.example ({long}"),
            "none unreadable",
        ),
        (
            format!("dmarc=pass header.from=univ.example; a=b c.d={long}"),
            "none unreadable",
        ),
        (
            format!("dmarc=fail header.from=univ.example; a=b c.d={long}"),
            "fail dmarc",
        ),
        (
            format!(
                "a=b c.d={}; dmarc=pass header.from=univ.example",
                "x".repeat(60_000)
            ),
            "pass dmarc",
        ),
    ] {
        assert_eq!(judged(&ours(&results), &settings()), expected);
    }
}

#[test]
fn huge_fields_are_read_in_linear_time() {
    // As many own fields as a header holds, of the shapes that make careless readers slow.
    for piece in [
        "(",
        "\"",
        "\\",
        "a=b;",
        "a ",
        ";",
        "=",
        "(a)",
        "a.",
        "a/",
        "\"\"",
        "d=",
        ":",
        ";dkim=pass header.d=é.univ.example",
    ] {
        let field = |n: usize| ours(&format!("dkim=pass {}", piece.repeat(n / piece.len())));
        let signature = format!(
            "DKIM-Signature: d=univ.example; h={}\n",
            piece.repeat(20_000 / piece.len())
        );
        let many: String = (0..3).map(|_| field(60_000)).collect();
        let raw = format!("{many}{signature}From: claire@univ.example\n\nx\n");
        let message = parse(raw.as_bytes()).unwrap();
        let start = Instant::now();
        let verdict = sender_auth(&message, &settings());
        assert!(!verdict.is_pass(), "{piece:?}");
        assert!(
            start.elapsed() < Duration::from_secs(2),
            "{piece:?}: {:?}",
            start.elapsed()
        );
    }
}
