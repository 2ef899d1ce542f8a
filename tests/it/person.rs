//! One person asks what is kept of them, and asks to be forgotten.

use std::fs;

use serde_json::Value;

use crate::office::{Letter, Office, letter, reply, to};

const ANNA: &str = "anna.canari@univ.example";
const ALIAS: &str = "acanari@labo.univ.example";
const OTHER: &str = "bruno.tiers@univ.example";
const PEOPLE: &str = "email,aliases,name,status,team,language,until\n\
    anna.canari@univ.example,acanari@labo.univ.example,Anna Canari,permanent,,fr,\n\
    bruno.tiers@univ.example,,Bruno Tiers,permanent,,fr,\n";

/// Everything that names Anna.
const CANARIES: [&str; 4] = ["anna.canari", "acanari@labo", "Anna Canari", "zygomorphe"];

fn office() -> Office {
    let table = tempfile::NamedTempFile::with_suffix_in(".csv", "/tmp").unwrap();
    fs::write(table.path(), PEOPLE).unwrap();
    let office = Office::with(&format!(
        "\n[tables.people]\nfile = \"{}\"\n",
        table.path().display()
    ));
    let kept = office.folder().join("people.csv");
    fs::copy(table.path(), &kept).unwrap();
    let config = office.folder().join("guichet.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(
        &config,
        text.replace(&table.path().display().to_string(), "people.csv"),
    )
    .unwrap();
    office.days_ago(10);
    office
}

fn own_ticket(office: &Office) -> i64 {
    let number = office
        .post(&Letter {
            file: Some(("plan.pdf", "application/pdf", b"the plan of Anna".to_vec())),
            ..letter(
                &format!("Anna Canari <{ANNA}>"),
                "Écran zygomorphe",
                "Bonjour, mon écran zygomorphe reste noir. Bruno Tiers (bruno.tiers@univ.example) a le même.",
            )
        })
        .ticket
        .unwrap();
    let mails = office.deliver_all();
    office.post(&reply(
        "paul@univ.example",
        to(&mails, "paul@univ.example"),
        "#prendre\n#résoudre\nBonjour Anna Canari, l'écran zygomorphe est changé.",
    ));
    office.deliver_all();
    assert_eq!(office.status(number), "resolved");
    number
}

/// Bruno's ticket, in which Anna takes part from her other address.
fn others_ticket(office: &Office) -> i64 {
    let bruno = letter(
        &format!("Bruno Tiers <{OTHER}>"),
        "Réseau du couloir",
        "Bonjour, le réseau est lent pour Anna Canari et moi.",
    )
    .cc(ALIAS);
    let number = office.post(&bruno).ticket.unwrap();
    let mails = office.deliver_all();
    let told = to(&mails, OTHER).clone();
    office.post(&reply(
        ALIAS,
        &told,
        "Oui, chez moi aussi, le poste zygomorphe.",
    ));
    office.deliver_all();
    number
}

fn left(office: &Office, words: &str) -> Vec<&'static str> {
    ["guichet.sqlite", "guichet.sqlite-wal"]
        .into_iter()
        .filter(|name| {
            let bytes = fs::read(office.folder().join("store").join(name)).unwrap_or_default();
            String::from_utf8_lossy(&bytes)
                .to_lowercase()
                .contains(&words.to_lowercase())
        })
        .collect()
}

fn assert_clean(office: &Office) {
    let output = office.guichet(&["audit"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn a_person_gets_what_is_kept_of_them_and_nothing_of_others() {
    let office = office();
    let (own, shared) = (own_ticket(&office), others_ticket(&office));
    let out = office.folder().join("answer");
    let output = office.guichet(&[
        "person",
        "export",
        "ANNA.canari@univ.example",
        "--out",
        out.to_str().unwrap(),
    ]);
    assert!(output.status.success(), "{output:?}");
    let text = fs::read_to_string(out.join("person.json")).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let numbers: Vec<i64> = document["tickets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|ticket| ticket["number"].as_i64().unwrap())
        .collect();
    assert_eq!(numbers, [own, shared]);
    assert_eq!(document["letters"].as_array().unwrap().len(), 2);
    assert!(document["sent"].as_array().unwrap().len() >= 2);
    assert_eq!(document["tables"].as_array().unwrap().len(), 1);
    assert!(text.contains("zygomorphe") && text.contains("couloir"));
    // Bruno and the technicians are not in it, whatever part of it.
    let index = fs::read_to_string(out.join("index.txt")).unwrap();
    for other in ["bruno.tiers", "Bruno Tiers", "paul@univ", "Paul Martin"] {
        for (what, text) in [("person.json", &text), ("index.txt", &index)] {
            assert!(!text.contains(other), "{other} in {what}: {text}");
        }
    }
    assert!(index.contains("Vos données") && index.contains("Your data"));
    // Her letters as they came, and what was attached.
    let letter = fs::read_to_string(out.join("letters/1.eml")).unwrap();
    assert!(letter.contains("Anna Canari"));
    assert_eq!(
        fs::read(out.join("letters/1-1.bin")).unwrap(),
        b"the plan of Anna"
    );
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(
        fs::metadata(&out).unwrap().permissions().mode() & 0o777,
        0o700
    );
    // Never over something that is there.
    let twice = office.guichet(&["person", "export", ANNA, "--out", out.to_str().unwrap()]);
    assert_eq!(twice.status.code(), Some(73), "{twice:?}");
}

#[test]
fn a_forgotten_person_is_nowhere_and_everything_else_stays() {
    let office = office();
    let (own, shared) = (own_ticket(&office), others_ticket(&office));
    let plan = office.guichet(&["person", "forget", ANNA, "--dry-run"]);
    assert!(plan.status.success(), "{plan:?}");
    let said = String::from_utf8_lossy(&plan.stdout).into_owned();
    assert!(
        said.contains(&format!("#{own} (resolved)")) && said.contains("Nothing was changed"),
        "{said}"
    );
    for canary in CANARIES {
        assert!(!left(&office, canary).is_empty(), "{canary} is not there");
    }

    let output = office.guichet(&[
        "person",
        "forget",
        ANNA,
        "--why",
        "asked by Anna Canari on paper",
    ]);
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    for expected in ["Kept, because it names nobody", "Not reached:", "backups"] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert!(!said.contains("still holds bytes"), "{said}");
    for canary in CANARIES {
        assert_eq!(left(&office, canary), Vec::<&str>::new(), "{canary}");
    }
    assert_clean(&office);
    // Bruno's ticket is Bruno's.
    assert_eq!(
        office.text(&format!(
            "SELECT requester FROM ticket WHERE number = {shared}"
        )),
        OTHER
    );
    assert!(
        office
            .text(&format!(
                "SELECT text FROM entry WHERE ticket = {shared} AND kind = 'request'"
            ))
            .contains("le réseau est lent pour [effacé/erased]")
    );
    assert_eq!(
        office.text(&format!("SELECT status FROM ticket WHERE number = {own}")),
        "resolved"
    );
    // The log says that somebody was forgotten, not who.
    assert!(
        office
            .text("SELECT why FROM purge WHERE rule = 'person'")
            .contains("[effacé/erased]")
    );

    // They write again, and are served as anybody.
    let again = office.post(&letter(
        ANNA,
        "Clavier",
        "Bonjour, mon clavier ne répond plus du tout.",
    ));
    assert_eq!(again.disposition, "ticket");
    assert!(again.ticket.unwrap() > shared);
    let mails = office.deliver_all();
    to(&mails, ANNA).assert_says("numéro");
    assert_clean(&office);
}

#[test]
fn work_that_goes_on_is_not_cut_off_unless_somebody_says_so() {
    let office = office();
    let number = office
        .post(&letter(
            ANNA,
            "Écran",
            "Bonjour, mon écran zygomorphe reste noir.",
        ))
        .ticket
        .unwrap();
    let refused = office.guichet(&["person", "forget", ANNA, "--why", "asked"]);
    assert_eq!(refused.status.code(), Some(65), "{refused:?}");
    assert!(
        String::from_utf8_lossy(&refused.stderr)
            .contains(&format!("ticket {number} of theirs has not ended"))
    );
    assert!(!left(&office, "zygomorphe").is_empty());
    let done = office.guichet(&["person", "forget", ANNA, "--why", "asked", "--force"]);
    assert!(done.status.success(), "{done:?}");
    assert_eq!(office.status(number), "closed");
    assert!(office.deliver_all().iter().all(|mail| mail.to != ANNA));
    for canary in CANARIES {
        assert_eq!(left(&office, canary), Vec::<&str>::new(), "{canary}");
    }
    assert_clean(&office);
}

#[test]
fn addresses_that_are_nobodys_to_forget_are_refused_in_words() {
    let office = office();
    for (address, expected) in [
        ("support@univ.example", "the service's own"),
        ("paul@univ.example", "technician `paul`"),
        ("nobody", "expected one mail address"),
    ] {
        let output = office.guichet(&["person", "forget", address, "--why", "x"]);
        assert_eq!(output.status.code(), Some(64), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(expected), "{said}");
    }
    // Somebody nobody knows: nothing happens, aloud.
    let output = office.guichet(&["person", "forget", "x@y.example", "--why", "asked"]);
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("Emptied: none"));
}
