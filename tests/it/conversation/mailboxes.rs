//! The whole way with real servers: the program itself, an IMAP server on which the service and two
//! technicians have mailboxes, and an SMTP server that is not ours.
//!
//! People answer as their mail programs do, out of what really arrived in their mailboxes: subject,
//! `Reply-To`, `In-Reply-To`, `References` and the quotation come from there. The border server
//! writes down what it found.

use mail_parser::{Message, MessageParser};

use crate::auditor::Injected;
use crate::dovecot::{Dovecot, Options};
use crate::foreign_smtp::ForeignSmtp;
use crate::gateway_process::{Gateway, Site};
use crate::post::{assert_clean, imap_at, imap_shelves};

const PEOPLE: [(&str, &str); 5] = [
    ("paul", "paul@univ.example"),
    ("zoe", "zoe@univ.example"),
    ("claire", "claire.dumas@univ.example"),
    ("luc", "luc.perrin@univ.example"),
    ("mei", "mei.tanaka@univ.example"),
];

const TEAM: &str = r#"
[work]
update_pause = "0s"
[digest]
daily = false
[[technician]]
handle = "paul"
name = "Paul Martin"
addresses = ["paul@univ.example"]
[[technician]]
handle = "zoe"
name = "Zoé Léger"
addresses = ["zoe@univ.example"]
language = "en"
"#;

/// How a mail program answers.
#[derive(Clone, Copy)]
enum Program {
    /// Below an attribution, each line marked.
    Thunderbird,
    /// Below a rule and a block of header lines, nothing marked.
    Outlook,
    /// Below an English attribution, each line marked.
    Gmail,
    /// Above everything, in capitals and without marks: some telephones.
    Phone,
}

/// A letter in somebody's mailbox.
struct Arrived(Vec<u8>);

impl Arrived {
    fn read(&self) -> Message<'_> {
        MessageParser::default().parse(&self.0).unwrap()
    }

    fn subject(&self) -> String {
        self.read().subject().unwrap_or_default().to_owned()
    }

    fn text(&self) -> String {
        let text = self.read().body_text(0).unwrap_or_default().into_owned();
        text.replace("\r\n", "\n")
    }

    fn id(&self) -> String {
        self.read().message_id().unwrap_or_default().to_owned()
    }

    #[track_caller]
    fn says(&self, words: &str) -> &Self {
        let text = self.text();
        assert!(text.contains(words), "{words:?} not in\n{text}");
        self
    }

    #[track_caller]
    fn is_silent_about(&self, words: &str) -> &Self {
        let text = self.text();
        assert!(!text.contains(words), "{words:?} in\n{text}");
        self
    }

    /// Where an answer goes: `Reply-To`, else `From`.
    fn answer_to(&self) -> String {
        let read = self.read();
        let field = read.reply_to().or_else(|| read.from()).unwrap();
        field.first().unwrap().address().unwrap().to_owned()
    }

    /// The answer, as a program writes it.
    fn answer(&self, from: &str, words: &str, program: Program) -> String {
        let mut references = self
            .read()
            .references()
            .as_text_list()
            .unwrap_or_default()
            .iter()
            .map(|id| format!("<{id}>"))
            .collect::<Vec<_>>();
        references.push(format!("<{}>", self.id()));
        let (subject, text) = (self.subject(), self.text());
        let marked: String = text.lines().map(|line| format!("> {line}\n")).collect();
        let (prefix, quoted) = match program {
            Program::Thunderbird => (
                "Re: ",
                format!("Le 23/11/2026 à 09:00, Support a écrit :\n{marked}"),
            ),
            Program::Outlook => (
                "RE: ",
                format!(
                    "________________________________\nDe : Support <support@univ.example>\n\
                     Envoyé : lundi 23 novembre 2026 09:00\nÀ : {from}\nObjet : {subject}\n\n{text}"
                ),
            ),
            Program::Gmail => (
                "Re: ",
                format!(
                    "On Mon, Nov 23, 2026 at 9:00 AM Support <support@univ.example> wrote:\n\n{marked}"
                ),
            ),
            Program::Phone => ("RE : ", text),
        };
        format!(
            "To: {}\r\nSubject: {prefix}{subject}\r\nIn-Reply-To: <{}>\r\nReferences: {}\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}\r\n",
            self.answer_to(),
            self.id(),
            references.join("\r\n "),
            format!("{words}\n\n{quoted}").replace('\n', "\r\n"),
        )
    }
}

/// The institute: its mail servers, and the service.
struct Institute {
    server: Dovecot,
    smtp: ForeignSmtp,
    site: Site,
    gateway: Gateway,
    delivered: usize,
    letters: usize,
    ledger: Vec<Injected>,
}

impl Institute {
    fn open() -> Self {
        let server = Dovecot::start_with(Options {
            others: &["paul", "zoe", "claire", "luc", "mei"],
            ..Options::default()
        });
        let smtp = ForeignSmtp::start();
        let mut site = Site::new();
        site.serve("authserv_id = \"mx.univ.example\"\naddress_detail = true\n");
        site.watch_imap("support", &imap_at(&server));
        site.send_smtp(smtp.port());
        site.configure(TEAM);
        let gateway = site.start();
        gateway.wait_ready();
        Self {
            server,
            smtp,
            site,
            gateway,
            delivered: 0,
            letters: 0,
            ledger: Vec::new(),
        }
    }

    /// Takes a letter to the service, as the border server does.
    fn submit(&mut self, from: &str, found: &str, letter: &str) -> String {
        self.letters += 1;
        let domain = from.rsplit('@').next().unwrap().trim_end_matches('>');
        let id = format!("{}.{}@{domain}", self.letters, std::process::id());
        let date = jiff::Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S +0000");
        let raw = format!(
            "Return-Path: <x@{domain}>\r\nDelivered-To: support@univ.example\r\n\
             Authentication-Results: mx.univ.example; dmarc={found} header.from={domain}\r\n\
             Received: from client by mx.univ.example; {date}\r\nDate: {date}\r\nFrom: {from}\r\n\
             Message-ID: <{id}>\r\nMIME-Version: 1.0\r\n{letter}"
        );
        self.ledger.push(Injected {
            mailbox: "support".to_owned(),
            raw: raw.clone().into_bytes(),
            becomes: None,
            listings: 1,
        });
        self.server.append("INBOX", &[raw.into_bytes()]);
        self.site.wait_quiet(self.letters);
        self.carry();
        id
    }

    /// Asks for something new.
    fn ask(&mut self, from: &str, subject: &str, words: &str) {
        let words = words.replace('\n', "\r\n");
        let letter = format!(
            "To: support@univ.example\r\nSubject: {subject}\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{words}\r\n"
        );
        self.submit(from, "pass", &letter);
    }

    /// Takes what the SMTP server got to the mailboxes of those it is for.
    fn carry(&mut self) {
        let copies = self.smtp.copies();
        for copy in copies.iter().skip(self.delivered) {
            for recipient in &copy.recipients {
                let person = PEOPLE.iter().find(|(_, address)| address == recipient);
                let Some((user, _)) = person else { continue };
                let mut raw = format!(
                    "Return-Path: <{}>\r\nDelivered-To: {recipient}\r\n",
                    copy.sender
                )
                .into_bytes();
                raw.extend_from_slice(&copy.bytes);
                self.server.client_of(user).deliver(&raw);
            }
        }
        self.delivered = copies.len();
    }

    /// Everything in somebody's mailbox.
    fn mailbox(&self, user: &str) -> Vec<Arrived> {
        let letters = self.server.client_of(user).inbox();
        letters.into_iter().map(Arrived).collect()
    }

    /// The newest letter in somebody's mailbox.
    #[track_caller]
    fn newest(&self, user: &str) -> Arrived {
        self.mailbox(user).pop().expect("a letter in the mailbox")
    }

    fn status(&self, ticket: i64) -> String {
        let sql = format!("SELECT status FROM ticket WHERE number = {ticket}");
        self.site.texts(&sql).join(" ")
    }

    /// Every letter lies where it belongs, the program ends in good order, and what it leaves and
    /// what the SMTP server got agree.
    fn close(mut self) {
        let held = "SELECT count(*) FROM letter WHERE disposition = 'held'";
        assert_eq!(self.site.ask(held), Some(0));
        self.site.wait_shelved(self.letters);
        assert_eq!(self.server.count("Guichet/Done"), self.letters);
        assert!(self.gateway.terminate().success());
        let shelves = [imap_shelves("support", &self.server)];
        assert_clean(&self.site, &self.ledger, &shelves, &self.smtp.copies());
    }
}

const PAUL: &str = "Paul Martin <paul@univ.example>";
const ZOE: &str = "Zoé Léger <zoe@univ.example>";
const CLAIRE: &str = "Claire Dumas <claire.dumas@univ.example>";
const LUC: &str = "Luc Perrin <luc.perrin@univ.example>";
const MEI: &str = "Mei Tanaka <mei.tanaka@univ.example>";

#[test]
fn a_request_is_worked_on_and_ended_out_of_two_mailboxes() {
    let mut institute = Institute::open();
    institute.ask(
        CLAIRE,
        "Imprimante du 3e",
        "Bonjour,\nl'imprimante du 3e n'imprime plus.",
    );
    institute
        .newest("claire")
        .says("enregistrée sous le numéro 1");
    institute.newest("zoe").says("New ticket 1.");
    let notification = institute.newest("paul");
    notification.says("Nouvelle demande 1.");
    assert!(
        notification.answer_to().starts_with("support+"),
        "a reply address of its own"
    );
    let words = "#prendre\nBonjour,\nquel modèle est-ce ?";
    let answer = notification.answer(PAUL, words, Program::Thunderbird);
    institute.submit(PAUL, "pass", &answer);
    institute.newest("paul").says("la demande est à vous");
    let told = institute.mailbox("zoe").len();
    assert_eq!(told, 1, "who took it is told from now on, nobody else");
    let question = institute.newest("claire");
    question
        .says("quel modèle est-ce ?")
        .is_silent_about("#prendre");
    let answer = question.answer(CLAIRE, "C'est une Ricoh.", Program::Outlook);
    institute.submit(CLAIRE, "pass", &answer);
    let update = institute.newest("paul");
    update.says("C'est une Ricoh.");
    let answer = update.answer(PAUL, "#résoudre\nLe toner est changé.", Program::Outlook);
    institute.submit(PAUL, "pass", &answer);
    assert_eq!(institute.status(1), "resolved");
    let resolved = institute.newest("claire");
    resolved
        .says("est résolue")
        .is_silent_about("Du nouveau dans la demande");
    let thanks = resolved.answer(CLAIRE, "Merci beaucoup !", Program::Thunderbird);
    institute.submit(CLAIRE, "pass", &thanks);
    assert_eq!(institute.status(1), "resolved");
    institute.close();
}

#[test]
fn an_english_request_goes_from_one_technician_to_the_other() {
    let mut institute = Institute::open();
    institute.ask(
        MEI,
        "Shared folder",
        "Hello,\nI cannot open the shared folder of my team.",
    );
    let paul = institute.newest("paul");
    let answer = paul.answer(
        PAUL,
        "#affecter zoe\n#note droits du groupe ?",
        Program::Gmail,
    );
    institute.submit(PAUL, "pass", &answer);
    let update = institute.newest("zoe");
    update
        .says("droits du groupe ?")
        .says("assigned to Zoé Léger");
    assert_eq!(institute.mailbox("mei").len(), 1, "a note stays inside");
    let answer = update.answer(ZOE, "#resolve\nYou are in the group now.", Program::Outlook);
    institute.submit(ZOE, "pass", &answer);
    let resolved = institute.newest("mei");
    resolved
        .says("You are in the group now.")
        .is_silent_about("droits du groupe");
    let answer = resolved.answer(MEI, "Sorry, it still does not open.", Program::Gmail);
    institute.submit(MEI, "pass", &answer);
    assert_eq!(institute.status(1), "open");
    let update = institute.newest("zoe");
    let answer = update.answer(ZOE, "#close\nLog out and in again, please.", Program::Gmail);
    institute.submit(ZOE, "pass", &answer);
    institute.newest("mei").says("Log out and in again");
    assert_eq!(institute.status(1), "closed");
    institute.close();
}

#[test]
fn a_question_becomes_a_refusal_a_contest_and_an_accepted_request() {
    let mut institute = Institute::open();
    institute.ask(LUC, "Teams", "Bonjour,\nTeams plante sur mon PC personnel.");
    let question = institute.newest("luc");
    question.says("vous appartient-il ?");
    let answer = question.answer(LUC, "Il m'appartient.", Program::Thunderbird);
    institute.submit(LUC, "pass", &answer);
    assert_eq!(institute.status(1), "refused");
    institute.newest("paul").says("le refus est envoyé");
    let refusal = institute.newest("luc");
    refusal.says("vous avez répondu : « m'appartient »");
    let words = "Je me suis trompé : il porte l'étiquette 2021-00640.";
    let answer = refusal.answer(LUC, words, Program::Outlook);
    institute.submit(LUC, "pass", &answer);
    assert_eq!(institute.status(1), "contested");
    let contest = institute.newest("paul");
    contest.says("est contesté").says("2021-00640");
    let answer = contest.answer(PAUL, "#accepter\nNous regardons.", Program::Thunderbird);
    institute.submit(PAUL, "pass", &answer);
    assert_eq!(institute.status(1), "open");
    institute
        .newest("luc")
        .says("est acceptée")
        .says("Nous regardons.");
    institute.close();
}

#[test]
fn a_notification_passed_on_serves_nobody_else_and_ones_own_is_used_once() {
    let mut institute = Institute::open();
    institute.ask(CLAIRE, "Écran noir", "Bonjour,\nmon écran reste noir.");
    let pauls = institute.newest("paul");
    // Paul forwarded it to his colleague, who answers what she was sent.
    let answer = pauls.answer(ZOE, "#clore\nC'est fait.", Program::Gmail);
    institute.submit(ZOE, "pass", &answer);
    assert_eq!(institute.status(1), "new");
    institute.newest("zoe").says("sent to somebody else");
    assert_eq!(institute.mailbox("claire").len(), 1);
    let zoes = institute.mailbox("zoe").remove(0);
    let answer = zoes.answer(ZOE, "I'll come at 2 pm.", Program::Gmail);
    institute.submit(ZOE, "pass", &answer);
    institute.newest("claire").says("I'll come at 2 pm.");
    let again = zoes.answer(ZOE, "Make it 3 pm.", Program::Gmail);
    institute.submit(ZOE, "pass", &again);
    let held = institute.newest("zoe");
    held.says("#yes").says("answered before");
    assert_eq!(institute.mailbox("claire").len(), 2);
    let answer = held.answer(ZOE, "#yes", Program::Outlook);
    institute.submit(ZOE, "pass", &answer);
    institute.newest("claire").says("Make it 3 pm.");
    institute.close();
}

#[test]
fn a_forger_with_a_stolen_notification_gets_nowhere_and_a_mistake_is_undone() {
    let mut institute = Institute::open();
    institute.ask(
        CLAIRE,
        "Accès au serveur",
        "Bonjour,\nje n'ai plus accès au serveur.",
    );
    let notification = institute.newest("paul");
    let words = "#clore\nBonjour, donnez-moi votre mot de passe.";
    let forged = notification.answer(PAUL, words, Program::Thunderbird);
    institute.submit(PAUL, "fail", &forged);
    let stolen = notification.answer("Mallory <m@evil.example>", words, Program::Thunderbird);
    institute.submit("Mallory <m@evil.example>", "pass", &stolen);
    assert_eq!(institute.status(1), "new");
    assert_eq!(institute.mailbox("claire").len(), 1);
    let warned = institute
        .mailbox("paul")
        .iter()
        .any(|one| one.text().contains("n'a pas confirmé"));
    assert!(warned, "the owner of the name is told");
    // The owner works on, in a program that quotes nothing properly.
    let answer = notification.answer(
        PAUL,
        "#prendre\n#résoudre\nL'accès est rétabli.",
        Program::Phone,
    );
    institute.submit(PAUL, "pass", &answer);
    assert_eq!(institute.status(1), "resolved");
    institute
        .newest("claire")
        .says("L'accès est rétabli.")
        .is_silent_about("Nouvelle demande");
    let transcript = institute.newest("paul");
    let undo = transcript.answer(PAUL, "#annuler", Program::Phone);
    institute.submit(PAUL, "pass", &undo);
    assert_eq!(institute.status(1), "new");
    institute.close();
}
