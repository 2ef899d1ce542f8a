//! A hundred kinds of bad input, by number, and what becomes of each: never a crash or a hang,
//! and nothing that a stranger could have ordered.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use guichet::classify::Kind;
use guichet::decide::{self, Answer, Candidate, Change, Context, Decision, Disposition, Facts};
use guichet::gateway::rules::Rules;
use guichet::message::parse::parse;
use guichet::policy;
use guichet::registry::Tri;
use guichet::ticket::{EntryKind, Status, TicketNumber};
use jiff::{SignedDuration, Timestamp};

use self::Becomes::{Automatic, Bounce, Held, Ignored, Silent, Ticket};
use super::{letters, made};
use crate::properties::{self, Finding};

/// What becomes of a letter that is the first of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Becomes {
    /// A ticket.
    Ticket,
    /// A ticket whose author gets no automatic answer.
    Silent,
    /// Kept whole for a person.
    Held,
    Automatic,
    Bounce,
    Ignored,
}

type Make = fn() -> Vec<u8>;

/// Letters of the corpus, by number.
const KEPT: &[(u8, &str, Becomes)] = &[
    (3, "plain/script_without_blank_line", Automatic),
    (5, "plain/thunderbird_first_request", Ticket),
    (7, "malformed/relay_mixed_line_ends", Ticket),
    (8, "malformed/mailer_nul_bytes", Ticket),
    (9, "charset/eudora_latin1_without_mime", Ticket),
    (11, "malformed/mbox_from_line", Ticket),
    (17, "malformed/mailer_form_feeds_in_address", Held),
    (18, "malformed/mailer_route_address", Ticket),
    (19, "plain/mailclient_undisclosed_recipients", Silent),
    (19, "plain/mailclient_group_and_route_addresses", Silent),
    (20, "malformed/mailer_quoted_local_part", Silent),
    (21, "malformed/mailer_unbalanced_quotes", Held),
    (21, "malformed/mailer_missing_angle", Ticket),
    (22, "malformed/mailer_no_sender", Held),
    (22, "forged/spammer_two_from_fields", Silent),
    (22, "forged/spammer_two_authors_in_one_from", Silent),
    (23, "forged/reply_to_elsewhere", Ticket),
    (24, "forged/spoofer_address_as_name", Ticket),
    (25, "forged/newline_in_encoded_name", Ticket),
    (27, "plain/script_message_id_unusable", Ticket),
    (29, "plain/clock_far_future", Ticket),
    (29, "plain/clock_wrong_dates", Ticket),
    (34, "malformed/mailer_boundary_not_in_body", Ticket),
    (34, "malformed/mailer_empty_boundary", Ticket),
    (34, "malformed/mailer_very_long_boundary", Ticket),
    (34, "malformed/mailer_same_boundary_inside", Ticket),
    (34, "malformed/mailer_boundary_prefix_of_the_other", Ticket),
    (35, "malformed/relay_cut_off_in_multipart", Ticket),
    (36, "malformed/mailer_encoded_word_in_boundary", Ticket),
    (37, "malformed/gateway_two_content_types", Ticket),
    (37, "malformed/mailer_two_boundaries", Ticket),
    (37, "malformed/mailer_two_transfer_encodings", Ticket),
    (38, "malformed/mailer_base64_with_junk", Ticket),
    (38, "malformed/antivirus_footer_after_base64", Ticket),
    (39, "attachment/mailer_yenc_and_uuencode", Ticket),
    (39, "attachment/mailx_uuencode_in_the_body", Ticket),
    (39, "attachment/exchange_winmail_only", Ticket),
    (40, "malformed/mailer_broken_quoted_printable", Ticket),
    (41, "charset/gateway_unknown_charset", Ticket),
    (41, "charset/mailer_utf7", Ticket),
    (41, "charset/webmail_claims_utf8_writes_latin1", Ticket),
    (43, "html/plain_and_html_say_different_things", Ticket),
    (44, "html/related_root_is_a_file", Ticket),
    (45, "attachment/mailer_partial_message", Ticket),
    (46, "attachment/mailer_external_body", Ticket),
    (47, "signed/thunderbird_smime_clear", Ticket),
    (47, "signed/mutt_pgp_mime", Ticket),
    (47, "signed/outlook_smime_opaque", Ticket),
    (50, "plain/phone_subject_only", Ticket),
    (51, "attachment/attacker_paths_in_file_names", Ticket),
    (52, "attachment/attacker_hidden_characters_in_names", Ticket),
    (55, "attachment/attacker_archive_bombs", Ticket),
    (56, "attachment/attacker_archive_bombs", Ticket),
    (57, "attachment/attacker_svg_and_html_inside", Ticket),
    (58, "attachment/attacker_svg_and_html_inside", Ticket),
    (60, "attachment/antivirus_test_file", Ticket),
    (61, "attachment/attacker_svg_and_html_inside", Ticket),
    (62, "html/attacker_event_handlers_and_schemes", Ticket),
    (63, "html/webmail_hidden_text_and_scripts", Ticket),
    (64, "html/attacker_math_and_noscript", Ticket),
    (67, "html/attacker_event_handlers_and_schemes", Ticket),
    (68, "html/attacker_homograph_link", Ticket),
    (68, "html/attacker_white_on_white", Ticket),
    (69, "forged/log_line_in_subject", Ticket),
    (70, "forged/code_in_words", Ticket),
    (71, "forged/code_in_words", Ticket),
    (72, "forged/code_in_words", Ticket),
    (73, "forged/log_line_in_subject", Ticket),
    (74, "forged/code_in_words", Ticket),
    (76, "forged/attacker_newline_in_encoded_subject", Ticket),
    (77, "forged/smtp_end_in_the_body", Ticket),
    (78, "forged/internal_fields", Ticket),
    (79, "forged/results_of_another_server", Silent),
    (79, "forged/results_below_the_real_ones", Silent),
    (81, "forged/null_path_copied_into_the_header", Ticket),
    (82, "automatic/dovecot_sieve_vacation", Automatic),
    (82, "automatic/exchange_keyword_in_capitals", Automatic),
    (83, "forged/reply_to_elsewhere", Ticket),
    (84, "forged/reply_to_elsewhere", Ticket),
    (85, "forged/reply_to_elsewhere", Ticket),
    (86, "forged/unsubscribe_bait", Silent),
    (91, "forged/verification_for_our_address", Automatic),
    (94, "forged/commands_where_none_count", Ticket),
    (95, "forged/command_in_full_width", Ticket),
    (97, "automatic/exchange_absence_english", Automatic),
    (98, "bounce/postfix_failed", Bounce),
    (98, "bounce/qmail_failure_notice", Bounce),
];

/// Letters that are made.
const MADE: &[(u8, Make, Becomes)] = &[
    (1, made::empty, Held),
    (2, made::only_line_ends, Held),
    (4, made::body_only, Held),
    (6, made::line_ends_of_old_macs, Ticket),
    (10, made::utf16, Ticket),
    (12, made::header_line_of_200_kb, Ticket),
    (12, made::header_line_of_1_mb, Held),
    (13, made::subject_of_20_mb, Held),
    (14, made::fields_300_000, Held),
    (15, made::recipients_10_000, Silent),
    (15, made::recipients_100_000, Held),
    (16, made::comments_100_000_deep, Held),
    (16, made::comments_1_000_000_deep, Held),
    (18, made::route_address, Ticket),
    (20, made::local_part_with_a_blank, Silent),
    (21, made::angles_without_end, Held),
    (27, made::message_id_of_100_kb, Ticket),
    (28, made::references_5_000, Ticket),
    (28, made::references_1_000_000, Held),
    (30, made::received_200_times, Ignored),
    (31, made::letters_in_letters_25_000, Ticket),
    (31, made::letters_in_letters_from_the_top, Held),
    (32, made::multiparts_100_000_deep, Held),
    (33, made::empty_parts_200_000, Held),
    (42, made::flowed_bomb, Ticket),
    (48, made::name_in_1_000_pieces, Ticket),
    (48, made::name_in_100_000_pieces, Held),
    (49, made::invitations_40, Ticket),
    (53, made::name_with_bidi_and_quotes, Ticket),
    (54, made::name_with_bidi_and_quotes, Ticket),
    (59, made::attachments_1_000, Held),
    (59, made::attachment_of_0_bytes, Ticket),
    (59, made::attachment_of_30_mb, Held),
    (65, made::divs_390_kb, Ticket),
    (66, made::links_6_000, Ticket),
    (75, made::quotes_10_mb, Ticket),
    (82, made::automatic_with_a_comment, Automatic),
];

/// Numbers whose letter is one of several: a test of its own below has the rest of the story.
const STORIES: [u8; 7] = [26, 80, 87, 93, 96, 99, 100];

fn became(found: &Finding) -> Becomes {
    match found.decision.disposition {
        Disposition::Ticket if found.decision.answer == Answer::Sent => Ticket,
        Disposition::Ticket => Silent,
        Disposition::Held => Held,
        Disposition::Automatic => Automatic,
        Disposition::Bounce => Bounce,
        Disposition::Ignored => Ignored,
        other => panic!("a first letter became {other:?}"),
    }
}

fn raw_by_name() -> BTreeMap<String, Vec<u8>> {
    let named = letters()
        .into_iter()
        .map(|letter| (letter.name(), letter.raw));
    named.collect()
}

/// CPU time of this thread.
fn cpu_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split(' ').next().unwrap().parse().unwrap())
}

#[test]
fn a_hundred_kinds_of_bad_input_end_as_named() {
    let rules = properties::rules();
    let kept = raw_by_name();
    let mut seen: BTreeSet<u8> = STORIES.into();
    let mut wrong = Vec::new();
    let named = KEPT.iter().map(|(number, name, becomes)| {
        let raw = kept
            .get(*name)
            .unwrap_or_else(|| panic!("no letter {name}"));
        (*number, raw.clone(), *becomes)
    });
    let made = MADE
        .iter()
        .map(|(number, make, becomes)| (*number, make(), *becomes));
    for (number, raw, becomes) in named.chain(made) {
        let start = cpu_time();
        let found = properties::any_bytes_get_a_disposition(rules, &raw);
        let took = cpu_time() - start;
        // Two seconds are for the program as it is released; this one checks itself.
        assert!(
            took < Duration::from_secs(10),
            "number {number} took {took:?}"
        );
        if became(&found) != becomes {
            let reason = &found.decision.reason;
            wrong.push(format!(
                "{number}: {:?}, not {becomes:?}: {reason}",
                became(&found)
            ));
        }
        seen.insert(number);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen.len() >= 96, "{seen:?}");
}

/// Decides about a kept letter in a house that remembers `context`.
fn decide_in(rules: &Rules, name: &str, context: &Context) -> Decision {
    let raw = raw_by_name().remove(name).unwrap();
    let message = parse(&raw).unwrap();
    let class = guichet::classify::classify(&message, &rules.classify);
    let letter = rules.policy_letter(&message);
    let verdict = policy::judge(&rules.card, &rules.registry, &letter, properties::now());
    decide::decide(&Facts {
        now: properties::now(),
        received_at: properties::now(),
        rescan: false,
        message: &message,
        class: &class,
        verdict: &verdict,
        context,
        settings: &rules.decide,
        reading: &rules.reading(&message, &class, properties::now()),
        card: &rules.card,
        registry: &rules.registry,
        calendar: rules.calendar.as_ref(),
        estimate: None,
    })
}

/// Before the last day on which a reply reopens a ticket.
fn long_ago() -> Timestamp {
    properties::now() - SignedDuration::from_hours(24 * 30)
}

fn ticket_of(participant: &str, status: Status) -> Context {
    Context {
        next_ticket: 2,
        candidates: vec![Candidate::of(
            TicketNumber(1),
            status,
            participant,
            long_ago(),
        )],
        ..Context::default()
    }
}

fn remarks(decision: &Decision) -> Vec<&str> {
    let entries = decision.changes.iter().filter_map(|change| match change {
        Change::Add(_, entry) if entry.kind == EntryKind::Claim => Some(entry.text.as_str()),
        _ => None,
    });
    entries.collect()
}

#[test]
fn n26_a_message_id_used_before_is_told_and_suppresses_nothing() {
    let context = Context {
        next_ticket: 2,
        message_id_reused: true,
        ..Context::default()
    };
    let decision = decide_in(
        properties::rules(),
        "plain/thunderbird_first_request",
        &context,
    );
    assert_eq!(decision.disposition, Disposition::Ticket);
    assert_eq!(
        remarks(&decision),
        ["its Message-ID was used before by another letter"]
    );
}

#[test]
fn n80_a_signature_of_another_domain_makes_nobody_trusted() {
    let rules = properties::rules();
    for (name, trusted) in [
        ("forged/dkim_of_part_of_the_body", Tri::False),
        ("forged/results_of_another_server", Tri::Unknown),
        ("forged/results_below_the_real_ones", Tri::False),
        ("forged/envelope_of_another_house_vouched_for", Tri::True),
    ] {
        let message = parse(&raw_by_name()[name]).unwrap();
        assert_eq!(
            rules.policy_letter(&message).trusted_sender,
            trusted,
            "{name}"
        );
    }
}

#[test]
fn n87_n100_a_stranger_who_names_a_ticket_gets_a_new_one_that_says_so() {
    let rules = properties::rules();
    for name in [
        "forged/guessed_number_of_a_stranger",
        "reply/gmail_english_nested",
    ] {
        let context = ticket_of("jeanne.martin@institut.example", Status::New);
        let decision = decide_in(rules, name, &context);
        assert_eq!(decision.ticket, Some(TicketNumber(2)), "{name}");
        assert!(
            remarks(&decision)[0].starts_with("refers to ticket #1"),
            "{name}"
        );
        let old = |change: &Change| match change {
            Change::Open(_) => false,
            Change::Add(ticket, _) | Change::Move { ticket, .. } | Change::Edit { ticket, .. } => {
                *ticket == TicketNumber(1)
            }
            _ => true,
        };
        assert!(!decision.changes.iter().any(old), "{name}");
    }
}

#[test]
fn n93_a_reply_to_a_ticket_closed_for_good_opens_another() {
    let context = ticket_of("jeanne.martin@institut.example", Status::Closed);
    let name = "reply/outlook_french_header_block";
    let decision = decide_in(properties::rules(), name, &context);
    assert_eq!(decision.ticket, Some(TicketNumber(2)));
    assert_eq!(remarks(&decision), ["follows the closed ticket #1"]);
}

#[test]
fn n96_a_letter_sent_again_changes_nothing() {
    let rules = properties::rules();
    let name = "forged/commands_where_none_count";
    let raw = raw_by_name().remove(name).unwrap();
    let again = [b"Received: from elsewhere\n".as_slice(), &raw].concat();
    let key = |raw: &[u8]| parse(raw).unwrap().content_key;
    assert_eq!(key(&raw), key(&again));
    let context = Context {
        duplicate_of: Some((7, Some(TicketNumber(1)))),
        ..Context::default()
    };
    let decision = decide_in(rules, name, &context);
    assert_eq!(decision.disposition, Disposition::Duplicate);
    assert!(decision.notices.is_empty());
    assert!(
        matches!(decision.changes.as_slice(), [Change::Add(_, entry)] if entry.kind == EntryKind::Duplicate)
    );
}

#[test]
fn n97_an_absence_notice_is_filed_and_moves_nothing() {
    let rules = properties::rules();
    let context = ticket_of("tom.becker@univ.example", Status::Closed);
    let decision = decide_in(rules, "automatic/exchange_absence_english", &context);
    assert_eq!(decision.disposition, Disposition::Automatic);
    let moves = |change: &Change| !matches!(change, Change::Add(_, _));
    assert!(!decision.changes.iter().any(moves) && decision.notices.is_empty());
}

#[test]
fn n98_no_bounce_however_forged_changes_a_state() {
    let rules = properties::rules();
    for (name, raw) in raw_by_name() {
        let found = properties::find_out(rules, &raw);
        if found.class.is_some_and(|class| class.kind == Kind::Bounce) {
            let context = ticket_of("support@institut.example", Status::New);
            let decision = decide_in(rules, &name, &context);
            let moves = |change: &Change| !matches!(change, Change::Add(_, _));
            assert!(!decision.changes.iter().any(moves), "{name}");
            assert!(decision.notices.is_empty(), "{name}");
        }
    }
}

#[test]
fn n99_a_flood_is_stored_and_answered_within_the_budgets() {
    let rules = properties::rules();
    let after = |to_author, to_all| Context {
        next_ticket: 2,
        sent: decide::answer::Sent {
            to_author,
            to_all,
            ..decide::answer::Sent::default()
        },
        ..Context::default()
    };
    let limits = &rules.decide.limits;
    let name = "plain/thunderbird_first_request";
    for (context, word) in [
        (after(limits.per_recipient - 1, limits.per_hour - 1), "sent"),
        (
            after(limits.per_recipient, limits.per_recipient),
            "suppressed",
        ),
        (after(0, limits.per_hour), "held"),
    ] {
        let decision = decide_in(rules, name, &context);
        assert_eq!(decision.disposition, Disposition::Ticket);
        assert_eq!(decision.answer.as_str(), word);
    }
}
