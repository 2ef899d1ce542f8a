//! Which ticket a letter belongs to: situations in which other ticket systems are known to fail.
//!
//! One table. Each row names the situation, what goes wrong elsewhere, and what is expected here; its
//! story plays it through the real gateway and says where the letter went. Ticket 1 is Claire's,
//! found again or not; `2` is a ticket of its own.

use guichet::message::parse::parse;
use jiff::SignedDuration;

use crate::office::{Became, Mail, Office, letter, reply, to};

const CLAIRE: &str = "Claire Dumas <claire.dumas@univ.example>";
const LUC: &str = "Luc Perrin <luc.perrin@univ.example>";
const PAUL: &str = "Paul Martin <paul@univ.example>";
const STRANGER: &str = "Mallory <m@evil.example>";

/// A ticket of Claire's.
struct Desk {
    office: Office,
    /// Her acknowledgement.
    answer: Mail,
    /// Paul's notification.
    notification: Mail,
}

impl Desk {
    fn new() -> Self {
        let office = Office::with_tables();
        let became = office.post(
            &letter(
                CLAIRE,
                "Imprimante du 3e",
                "Bonjour,\nl'imprimante du 3e est en panne.",
            )
            .cc("Luc <luc.perrin@univ.example>"),
        );
        assert_eq!(became.ticket, Some(1));
        let mails = office.deliver();
        Self {
            answer: to(&mails, "claire.dumas@univ.example").clone(),
            notification: to(&mails, "paul@univ.example").clone(),
            office,
        }
    }

    /// A technician's orders to the newest notification of the ticket.
    fn orders(&mut self, orders: &str) -> Vec<Mail> {
        self.office.post(&reply(PAUL, &self.notification, orders));
        let mails = self.office.deliver_all();
        if let Some(newest) = mails.iter().find(|mail| mail.to == "paul@univ.example") {
            self.notification = newest.clone();
        }
        mails
    }

    fn post(&self, from: &str, subject: &str, body: &str, more: &str) -> Became {
        let mut new = letter(from, subject, body);
        if let Some((_, domain)) = from.trim_end_matches('>').rsplit_once('@') {
            assert!(["univ.example", "evil.example", "gmail.example"].contains(&domain));
        }
        new.more = more.to_owned();
        self.office.post(&new)
    }

    fn answered(&self, from: &str, body: &str) -> Became {
        self.office.post(&reply(from, &self.answer, body))
    }

    fn people(&self, ticket: i64) -> String {
        self.office.text(&format!(
            "SELECT group_concat(address, ' ') FROM
               (SELECT address FROM participant WHERE ticket = {ticket} ORDER BY address)"
        ))
    }
}

/// Where the letter went, and in which state that ticket is then.
type Story = fn(&mut Desk) -> (Became, String);

fn at(desk: &Desk, became: Became) -> (Became, String) {
    let status = became.ticket.map(|ticket| desk.office.status(ticket));
    (became, status.unwrap_or_default())
}

/// Situation, what goes wrong elsewhere, ticket and state here.
const ROWS: &[(&str, &str, i64, &str, Story)] = &[
    (
        "a second letter to one's own first one, before any answer",
        "a second ticket, because ids of incoming letters are not kept",
        1,
        "new",
        |desk| {
            let more = "In-Reply-To: <1@univ.example>\r\n";
            let became = desk.post(CLAIRE, "Re: Imprimante du 3e", "C'est la Ricoh.", more);
            at(desk, became)
        },
    ),
    (
        "a colleague in copy answers all, before any answer of the service",
        "a ticket of the colleague's own",
        1,
        "new",
        |desk| {
            let more = "References: <1@univ.example>\r\n";
            let became = desk.post(LUC, "RE: Imprimante du 3e", "Chez moi aussi.", more);
            at(desk, became)
        },
    ),
    (
        "a program that keeps the references and writes another subject",
        "a new ticket, where the number is only looked for in the subject",
        1,
        "new",
        |desk| {
            let mut answer = reply(CLAIRE, &desk.answer, "Du nouveau ?");
            answer.subject = "Toujours en panne".to_owned();
            let became = desk.office.post(&answer);
            at(desk, became)
        },
    ),
    (
        "a program that keeps the subject and no reference",
        "a new ticket, where only references are looked at",
        1,
        "new",
        |desk| {
            let became = desk.post(CLAIRE, &format!("RE : {}", desk.answer.subject), "Et ?", "");
            at(desk, became)
        },
    ),
    (
        "a relay that writes a Message-ID of its own over ours",
        "the conversation falls apart",
        1,
        "new",
        |desk| {
            let mut answer = reply(CLAIRE, &desk.answer, "Et ?");
            answer.answers = Some("010001-rewritten@relay.example".to_owned());
            let became = desk.office.post(&answer);
            at(desk, became)
        },
    ),
    (
        "a stranger guesses the number",
        "anybody's subject joins the ticket",
        2,
        "new",
        |desk| {
            let became = desk.post(STRANGER, "Re: [Support #1] x", "Et alors ?", "");
            assert_eq!(
                desk.people(1),
                "claire.dumas@univ.example luc.perrin@univ.example"
            );
            at(desk, became)
        },
    ),
    (
        "a stranger to whom a letter of ours was forwarded answers it",
        "the reference alone lets them join and read along",
        2,
        "new",
        |desk| {
            let became = desk
                .office
                .post(&reply(STRANGER, &desk.answer, "Et alors ?"));
            let mails = desk.office.deliver_all();
            to(&mails, "paul@univ.example").assert_says("cite la demande #1");
            at(desk, became)
        },
    ),
    (
        "a stranger writes to the secret reply address",
        "whoever knows the address is the person",
        2,
        "new",
        |desk| {
            let id = desk.answer.message_id.clone();
            let words: Vec<&str> = id.split('@').next().unwrap().split('.').collect();
            let mut new = letter(STRANGER, "Et alors ?", "Et alors ?");
            new.to = format!(
                "support+{}@univ.example",
                words[words.len() - 6..].join(".")
            );
            let became = desk.office.post(&new);
            at(desk, became)
        },
    ),
    (
        "an answer that comes to the reply address alone",
        "",
        1,
        "new",
        |desk| {
            let id = desk.answer.message_id.clone();
            let words: Vec<&str> = id.split('@').next().unwrap().split('.').collect();
            let mut new = letter(CLAIRE, "Sans objet", "Toujours en panne.");
            new.to = format!(
                "support+{}@univ.example",
                words[words.len() - 6..].join(".")
            );
            let became = desk.office.post(&new);
            at(desk, became)
        },
    ),
    (
        "another ticket system's tag with our number",
        "its number is taken for ours",
        2,
        "new",
        |desk| {
            let became = desk.post(CLAIRE, "[GLPI #0000001] Souris morte", "Ma souris.", "");
            at(desk, became)
        },
    ),
    (
        "two systems' tags in one subject",
        "the first number wins, whosever it is",
        1,
        "new",
        |desk| {
            let subject = "RE: [Ticket#2026112300042] [Support #1] Imprimante";
            let became = desk.post(CLAIRE, subject, "Et ?", "");
            at(desk, became)
        },
    ),
    (
        "a number that only stands in the text",
        "the text is searched for numbers",
        2,
        "new",
        |desk| {
            let became = desk.post(CLAIRE, "Souris morte", "Comme pour [Support #1].", "");
            at(desk, became)
        },
    ),
    (
        "the same letter to two of our addresses",
        "two tickets",
        1,
        "new",
        |desk| {
            let date = desk
                .office
                .now()
                .strftime("%a, %d %b %Y %H:%M:%S +0000")
                .to_string();
            let raw = reply(CLAIRE, &desk.answer, "Toujours en panne.").bytes(70, &date);
            assert_eq!(desk.office.post_raw(raw.clone()).disposition, "follow_up");
            let became = desk.office.post_raw(raw);
            assert_eq!(became.disposition, "duplicate");
            at(desk, became)
        },
    ),
    (
        "two different letters under one Message-ID",
        "the second is thrown away as a duplicate",
        2,
        "new",
        |desk| {
            let mut other = letter(CLAIRE, "Souris morte", "Ma souris est morte.");
            other.from = CLAIRE.to_owned();
            let raw = String::from_utf8(other.bytes(9, "Mon, 23 Nov 2026 08:00:00 +0000")).unwrap();
            let became = desk.office.post_raw(raw.replace("<9@", "<1@").into_bytes());
            at(desk, became)
        },
    ),
    (
        "Reply-To names somebody else than the author",
        "Reply-To is taken for the person: a way to phish the service",
        1,
        "open",
        |desk| {
            let mut answer = reply(CLAIRE, &desk.answer, "Et ?");
            answer.more = "Reply-To: m@evil.example\r\n".to_owned();
            let became = desk.office.post(&answer);
            desk.orders("Nous passons à 14 h.");
            assert!(!desk.people(1).contains("evil"));
            at(desk, became)
        },
    ),
    (
        "the requester writes from another address of theirs",
        "a stranger, and a second ticket",
        1,
        "open",
        |desk| {
            let mails = desk.orders("Quel étage ?");
            let answer = to(&mails, "claire.dumas@univ.example").clone();
            let alias = "Claire Dumas <c.dumas@univ.example>";
            let became = desk.office.post(&reply(alias, &answer, "Le troisième."));
            at(desk, became)
        },
    ),
    (
        "whoever replies last becomes the customer",
        "the requester is exchanged for the one in copy",
        1,
        "new",
        |desk| {
            let became = desk.answered(LUC, "Chez moi aussi.");
            let requester = desk
                .office
                .text("SELECT requester FROM ticket WHERE number = 1");
            assert_eq!(requester, "claire.dumas@univ.example");
            at(desk, became)
        },
    ),
    (
        "our own address in copy",
        "the service takes part in its own ticket and answers itself",
        1,
        "new",
        |desk| {
            let mut answer = reply(CLAIRE, &desk.answer, "Et ?");
            answer.cc = "support@univ.example, paul@univ.example".to_owned();
            let became = desk.office.post(&answer);
            assert_eq!(
                desk.people(1),
                "claire.dumas@univ.example luc.perrin@univ.example"
            );
            at(desk, became)
        },
    ),
    (
        "thanks for what was resolved",
        "the ticket opens again, or the solution counts as refused",
        1,
        "resolved",
        |desk| {
            desk.orders("#résoudre\nLe toner est changé.");
            let became = desk.answered(CLAIRE, "Merci beaucoup, tout marche !");
            at(desk, became)
        },
    ),
    (
        "an absence note to what was resolved",
        "the ticket opens again, and the two programs answer one another",
        1,
        "resolved",
        |desk| {
            desk.orders("#résoudre\nLe toner est changé.");
            let mut absent = reply(CLAIRE, &desk.answer, "Je suis absente jusqu'au 30.");
            absent.more = "Auto-Submitted: auto-replied\r\n".to_owned();
            let became = desk.office.post(&absent);
            assert!(desk.office.deliver_all().is_empty());
            at(desk, became)
        },
    ),
    (
        "an answer to a ticket closed last week",
        "refused with one fixed sentence",
        1,
        "open",
        |desk| {
            desk.orders("#clore\nFait.");
            desk.office.pass(SignedDuration::from_hours(7 * 24));
            let became = desk.answered(CLAIRE, "La panne est revenue.");
            at(desk, became)
        },
    ),
    (
        "an answer to a ticket closed long ago",
        "the old ticket opens again, with its old number in all subjects",
        2,
        "new",
        |desk| {
            desk.orders("#clore\nFait.");
            desk.office.pass(SignedDuration::from_hours(40 * 24));
            let became = desk.answered(CLAIRE, "Une autre panne.");
            let mails = desk.office.deliver_all();
            to(&mails, "paul@univ.example").assert_says("fait suite à la demande #1");
            let told = to(&mails, "claire.dumas@univ.example");
            assert_eq!(told.subject, "[Support #2] Imprimante du 3e");
            at(desk, became)
        },
    ),
    (
        "an answer to a ticket that went up in another one",
        "lost in the merged one, or a third ticket",
        2,
        "new",
        |desk| {
            let became = desk.post(LUC, "Copieur du 3e", "Le copieur du 3e est en panne.", "");
            assert_eq!(became.ticket, Some(2));
            desk.office.deliver();
            desk.orders("#fusionner 2");
            let became = desk.answered(CLAIRE, "Toujours en panne.");
            at(desk, became)
        },
    ),
    (
        "words of an exclusion in an answer",
        "the rules run on answers too, and cut a conversation off",
        1,
        "new",
        |desk| {
            let words =
                "En attendant j'imprime sur mon imprimante personnelle, pour un usage familial.";
            let became = desk.answered(CLAIRE, words);
            let mails = desk.office.deliver_all();
            assert!(mails.iter().all(|mail| mail.kind != "rejection"));
            at(desk, became)
        },
    ),
    (
        "orders of other systems in header and subject",
        "whoever writes them is obeyed",
        1,
        "new",
        |desk| {
            let mut answer = reply(
                CLAIRE,
                &desk.answer,
                "Status: resolved\nOwner: root\n!resolve",
            );
            answer.subject = format!("Re: {} [status=resolved]", desk.answer.subject);
            answer.more =
                "X-OTRS-State: closed\r\nX-Zammad-Ticket-State: closed\r\nRT-Action: resolve\r\n"
                    .to_owned();
            let became = desk.office.post(&answer);
            at(desk, became)
        },
    ),
    (
        "an answer of the requester that begins with an order",
        "the requester closes, assigns, raises",
        1,
        "new",
        |desk| {
            let became = desk.answered(CLAIRE, "#clore\n#priorité P0");
            assert_ne!(desk.office.text("SELECT priority FROM ticket"), "P0");
            at(desk, became)
        },
    ),
    (
        "a technician answers the notification",
        "an internal note that the requester never sees",
        1,
        "open",
        |desk| {
            let became = desk
                .office
                .post(&reply(PAUL, &desk.notification, "Je passe à 14 h."));
            let mails = desk.office.deliver_all();
            to(&mails, "claire.dumas@univ.example").assert_says("Je passe à 14 h.");
            to(&mails, "luc.perrin@univ.example").assert_says("Je passe à 14 h.");
            at(desk, became)
        },
    ),
    (
        "a technician forwards a letter of somebody's to the service",
        "a ticket of the technician's own, or orders out of the forwarded text",
        2,
        "new",
        |desk| {
            let body = "Pour l'équipe.\n\n---------- Forwarded message ---------\nDe : Luc <luc.perrin@univ.example>\nDate: lun. 23 nov. 2026\nObjet : Scanner\n\n#clore\nLe scanner est en panne.";
            let became = desk.post(PAUL, "TR: Scanner", body, "");
            assert_eq!(desk.office.status(1), "new");
            at(desk, became)
        },
    ),
    (
        "an answer to a refusal",
        "refused again by the same rule, or lost",
        1,
        "contested",
        |desk| {
            let mails = desk.orders("#refuser E2\nPoste privé.");
            let refusal = to(&mails, "claire.dumas@univ.example").clone();
            assert!(
                refusal.field("In-Reply-To").is_some(),
                "it stands in the thread"
            );
            let became = desk
                .office
                .post(&reply(CLAIRE, &refusal, "C'est un poste du labo."));
            at(desk, became)
        },
    ),
    (
        "a participant's letter whose domain disowns it",
        "it speaks as the participant",
        1,
        "new",
        |desk| {
            let became = desk
                .office
                .post(&reply(CLAIRE, &desk.answer, "Donnez-moi accès.").found(Some("fail")));
            to(&desk.office.deliver_all(), "paul@univ.example").assert_says("NON AUTHENTIFIÉ");
            at(desk, became)
        },
    ),
    (
        "a hundred references, ours among the oldest",
        "only the last three are looked at",
        1,
        "new",
        |desk| {
            let many: Vec<String> = (0..90)
                .map(|n| format!("<r{n}@elsewhere.example>"))
                .collect();
            let more = format!(
                "References: <{}>\r\n {}\r\n",
                desk.answer.message_id,
                many.join("\r\n ")
            );
            let became = desk.post(CLAIRE, "Sans objet", "Toujours en panne.", &more);
            at(desk, became)
        },
    ),
];

#[test]
fn every_situation_ends_where_it_belongs() {
    let mut wrong = Vec::new();
    for (situation, elsewhere, ticket, status, story) in ROWS {
        let mut desk = Desk::new();
        let (became, now) = story(&mut desk);
        if (became.ticket, now.as_str()) != (Some(*ticket), *status) {
            wrong.push(format!(
                "{situation} (elsewhere: {elsewhere}): {now}, {became:?}"
            ));
        }
    }
    println!("{} situations", ROWS.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_we_send_keeps_the_thread_in_any_program() {
    let mut desk = Desk::new();
    let mails = desk.orders("Quel étage ?");
    let answer = to(&mails, "claire.dumas@univ.example");
    let message = parse(answer.raw.as_bytes()).unwrap();
    let ids: Vec<&str> = message.ancestors().map(|id| id.as_str()).collect();
    assert!(ids.contains(&"1@univ.example"), "{ids:?}");
    // All notifications of one ticket to one technician refer to one id.
    desk.answered(CLAIRE, "Le troisième.");
    let update = to(&desk.office.deliver_all(), "paul@univ.example").clone();
    let anchor = |mail: &Mail| mail.field("References").unwrap_or_default();
    assert!(anchor(&update).contains("guichet.1.paul@"), "{update:?}");
}
