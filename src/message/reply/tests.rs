//! Zones of bodies as programs write them.

use super::*;

/// Zones in the order new | quoted | signature | forwarded, lines joined with `/`.
fn zones(body: &str) -> String {
    let Text {
        new,
        quoted,
        signature,
        forwarded,
        ..
    } = split(body, false).text;
    [new, quoted, signature, forwarded]
        .map(|zone| zone.replace('\n', "/"))
        .join("|")
}

#[test]
fn attributions_of_many_programs_go_with_the_quotation() {
    for line in [
        "Le 12/05/2024 à 10:33, Marie Curie a écrit :",
        "Le lun. 12 mai 2024 à 10:33, Marie Curie <m@b.fr> a écrit :",
        "Le 12 mai 2024 à 10:33, Marie <m@b.fr> a écrit\u{a0}:",
        "Le lundi 12 mai 2024 à 10:33:22 UTC+2, Marie <m@b.fr> a écrit :",
        "Le 2024-05-12 10:33, Marie a écrit :",
        "On Mon, May 12, 2024 at 10:33 AM Marie Curie <m@b.fr> wrote:",
        "On 5/12/24 10:33, Marie wrote:",
        "On Monday, May 12th, 2024 at 10:33, Marie <m@b.fr> wrote:",
        "Marie Curie <m@b.fr> a écrit :",
        "Am 12.05.2024 um 10:33 schrieb Marie:",
    ] {
        assert_eq!(
            zones(&format!("Merci\n\n{line}\n\n> bonjour\n> fin\n")),
            format!("Merci|{line}//> bonjour/> fin||"),
        );
        assert_eq!(
            zones(&format!("Merci\n\n{line}\n\nbonjour\n")),
            format!("Merci|{line}//bonjour||"),
        );
    }
}

#[test]
fn a_wrapped_attribution_is_found_and_the_line_above_stays() {
    assert_eq!(
        zones("Oui\nLe 12 mai 2024 à 10:33, Marie Curie <\nm@b.fr> a écrit :\n> q\n"),
        "Oui|Le 12 mai 2024 à 10:33, Marie Curie </m@b.fr> a écrit :/> q||"
    );
    assert_eq!(
        zones("Rendez-vous à 10:30 ?\nJean <j@b.fr> a écrit :\n> q\n"),
        "Rendez-vous à 10:30 ?|Jean <j@b.fr> a écrit :/> q||"
    );
}

#[test]
fn header_blocks_quote_the_rest() {
    for block in [
        "De : Marie <m@b.fr>\nEnvoyé : lundi 12 mai 2024 10:33\nÀ : support\nObjet : RE: PC",
        "________________________________\nFrom: M\nSent: Monday\nTo: support\nSubject: PC",
        "-----Message d'origine-----\nDe : M",
        "----- Mail original -----\nDe: \"M\" <m@b.fr>\nÀ: s@b.fr",
        "-------- Original Message --------\nx",
        "=====\n   Message du : 12/05/2025 09:12\n   De : \"S \" <s@b.fr>\n   A : m@b.fr\n   Sujet : PC\n=====",
        "--- Below this line is a copy of the message.\n\nReturn-Path: <s@b.fr>",
        "------ This is a copy of the message, including all the headers. ------\nx",
        "*De :* M\n*Date :* hier\n*À :* s\n*Objet :* PC",
    ] {
        let flat = block.replace('\n', "/");
        assert_eq!(
            zones(&format!("Merci\n\n{block}\n\ntexte\n")),
            format!("Merci|{flat}//texte||")
        );
    }
}

#[test]
fn forwarded_letters_are_another_voice() {
    for mark in [
        "---------- Forwarded message ---------",
        "---------- Message transféré ---------",
        "-------- Message transféré --------",
        "----- Mail transféré -----",
        "Début du message réexpédié :",
        "Begin forwarded message:",
    ] {
        assert_eq!(
            zones(&format!("Voir dessous\n\n{mark}\nDe : M\n\ntexte\n")),
            format!("Voir dessous|||{mark}/De : M//texte")
        );
    }
    assert_eq!(
        zones("a\n\nDébut du message transféré :\n\n> De : x\n> texte\n\nb\n"),
        "a//b|||Début du message transféré ://> De : x/> texte"
    );
}

#[test]
fn answers_between_quotes_are_new() {
    assert_eq!(
        zones("> un ?\noui\n\n> deux ?\n\nnon\n"),
        "oui//non|> un ?//> deux ?||"
    );
}

#[test]
fn signatures_and_what_follows_them() {
    assert_eq!(zones("a\n-- \nJean\nCNRS\n"), "a||--/Jean/CNRS|");
    assert_eq!(
        zones("a\n---\nJean\n\nLe 12/05/2024 10:33, M a écrit :\n> q\n"),
        "a|Le 12/05/2024 10:33, M a écrit :/> q|---/Jean|"
    );
    assert_eq!(
        zones("a\n\nCordialement,\nJean Dupont\nTél. 01 02 03 04 05\n"),
        "a||Cordialement,/Jean Dupont/Tél. 01 02 03 04 05|"
    );
    assert_eq!(
        zones("a\n-- \nJean\n\nPS : le câble aussi\nmerci\n\nCNRS\n"),
        "a//PS : le câble aussi/merci||--/Jean//CNRS|"
    );
    assert_eq!(
        zones("a\n\nEnvoyé de mon iPhone\n\nb"),
        "a//b||Envoyé de mon iPhone|"
    );
    assert_eq!(
        zones("a\nCordialement\nJ.\n\nLe 12/05/2024 10:33, M a écrit :\n> q\n\n> r\n"),
        "a|Le 12/05/2024 10:33, M a écrit :/> q//> r|Cordialement/J.|"
    );
}

#[test]
fn a_closing_word_in_the_middle_is_text() {
    let body = "Bonjour,\nCordialement vôtre me dit-on souvent, mais le PC\nne marche pas.";
    assert_eq!(split(body, false).text.new, body);
    let long = format!("a\nMerci\nCordialement\n{}\n", "x ".repeat(200));
    assert_eq!(split(&long, false).text.signature, "");
}

fn shown(body: &str) -> String {
    split(body, false).text.shown().replace('\n', "/")
}

#[test]
fn quotations_that_are_answered_are_shown_with_the_answers() {
    let at = "Le 12/05/2025 10:33, M <m@b.fr> a écrit :";
    for (body, expected) in [
        (
            "> un ?\noui\n\n> deux ?\n\nnon\n> trois",
            "> un ?/oui//> deux ?//non",
        ),
        ("> panne\n\nmoi aussi", "> panne//moi aussi"),
        (&format!("{at}\n> panne\n\nmoi aussi"), "moi aussi"),
        (
            &format!("{at}\n> un ?\noui\n> deux ?\nnon"),
            "> un ?/oui/> deux ?/non",
        ),
        (
            "Le PC.\n\nCordialement,\n\nJean Dupont\nTél. 01 02",
            "Le PC.//Cordialement,//Jean Dupont",
        ),
        (
            "Le PC.\nCordialement\n06 12 34 56 78",
            "Le PC./Cordialement",
        ),
        ("Le PC.", "Le PC."),
    ] {
        assert_eq!(shown(body), expected, "{body:?}");
    }
}

#[test]
fn a_list_and_a_gateway_speak_not_for_the_sender() {
    assert_eq!(
        zones(
            "Le PC.\n_______________________________________________\nInfo mailing list\nInfo@lists.x.fr\nhttps://lists.x.fr/listinfo/info\n"
        ),
        "Le PC.||_______________________________________________/Info mailing list/Info@lists.x.fr/https://lists.x.fr/listinfo/info|"
    );
    assert_eq!(
        zones(
            "CAUTION: This email originated from outside of the organization.\nDo not click.\n\nLe PC.\n"
        ),
        "Le PC.||CAUTION: This email originated from outside of the organization./Do not click.|"
    );
    assert_eq!(
        zones("ATTENTION : courriel externe, soyez vigilant\n\nMon PC.\n\n----\n"),
        "Mon PC.||ATTENTION : courriel externe, soyez vigilant//----|"
    );
}

#[test]
fn header_blocks_of_programs_that_begin_with_another_field() {
    assert_eq!(
        zones(
            "Merci\n\nenvoyé : 12 mai 2025 à 10:33\nde : M <m@b.fr>\nà : s@b.fr\nobjet : PC\n\ntexte\n"
        ),
        "Merci|envoyé : 12 mai 2025 à 10:33/de : M <m@b.fr>/à : s@b.fr/objet : PC//texte||"
    );
    let form = "Demande :\nDate : demain\nDe : Jean\nObjet : PC\nSalle : B12";
    assert_eq!(split(form, false).text.new, form);
}

#[test]
fn something_is_always_new() {
    for body in [
        "> q",
        "--\nJean",
        "---------- Forwarded message ---------\nx",
    ] {
        let text = split(body, false).text;
        assert_eq!(text.new, body);
        assert_eq!(text.quoted + &text.signature + &text.forwarded, "");
    }
    assert_eq!(split("", false).text, Text::default());
}

#[test]
fn an_attribution_on_top_leaves_the_words_below_new() {
    assert_eq!(
        zones("On 8 May 2017 17:34, \"A\" <a@b.uk> wrote:\n\nno, it works\n"),
        "no, it works|On 8 May 2017 17:34, \"A\" <a@b.uk> wrote:||"
    );
}
