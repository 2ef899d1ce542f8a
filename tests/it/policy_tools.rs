//! The tools for the service card, as a head of service meets them: the real program, a real store.

use std::fs;
use std::path::{Path, PathBuf};

use guichet::mailbox::maildir;
use guichet::policy::Card;
use serde_json::Value;

use crate::post::{CLAIRE, REMI, letter, refused};
use crate::site::{Site, TO_FOLDER};

/// A site with the example tables and a card of its own.
struct Office {
    site: Site,
}

fn deployed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("deploy")
        .join(name)
}

impl Office {
    fn new() -> Self {
        let mut more = format!("{TO_FOLDER}[policy]\ncard = \"card.toml\"\n");
        for table in [
            "people",
            "assets",
            "visitors",
            "software",
            "lifecycle",
            "shared_systems",
        ] {
            more += &format!("[tables.{table}]\nfile = \"{table}.csv\"\n");
        }
        let office = Self {
            site: Site::new(&more),
        };
        for table in [
            "people",
            "assets",
            "visitors",
            "software",
            "lifecycle",
            "shared_systems",
        ] {
            let file = format!("{table}.csv");
            let text = fs::read(deployed(&format!("tables/{file}"))).unwrap();
            fs::write(office.site.path(&file), text).unwrap();
        }
        office.card("card.toml", |text| text);
        office
    }

    /// Writes a card: the shipped one, changed.
    fn card(&self, name: &str, change: impl FnOnce(String) -> String) {
        let text = change(Card::shipped_text().to_owned());
        fs::write(self.site.path(name), text).unwrap();
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.site.path(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    fn post(&self, letters: &[Vec<u8>]) {
        for letter in letters {
            maildir::deliver(&self.site.path("mailbox"), letter).unwrap();
        }
        self.site.once();
    }

    /// Exit code and everything that is printed.
    fn policy(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.site.guichet(&[&["policy"], arguments].concat());
        let text = [output.stdout, output.stderr].concat();
        (
            output.status.code().unwrap(),
            String::from_utf8(text).unwrap(),
        )
    }

    /// The objects a command prints that has to end with `code`.
    fn objects(&self, arguments: &[&str], code: i32) -> Vec<Value> {
        let (ended, text) = self.policy(arguments);
        assert_eq!(ended, code, "{arguments:?}: {text}");
        let object = |line: &str| serde_json::from_str(line).unwrap();
        text.lines().map(object).collect()
    }

    /// The requester answers the refusal of ticket 1.
    fn contest(&self) {
        let database = self.site.database();
        let sql = "SELECT message_id FROM outbox WHERE ticket = 1 AND kind = 'rejection'";
        let id: String = database.query_row(sql, [], |row| row.get(0)).unwrap();
        let more = format!("In-Reply-To: <{id}>\r\n");
        let body = "Ce portable a bien une commande du service, voyez le bon.";
        self.post(&[letter("contest", REMI, "Re: Portable", &more, body)]);
    }

    /// What a technician's word will leave in the history of ticket 1.
    fn step(&self, from: &str, to: &str) {
        let database = self.site.database();
        let sql = "UPDATE ticket SET status = ?1 WHERE number = 1 AND status = ?2";
        assert_eq!(
            database.execute(sql, [to, from]).unwrap(),
            1,
            "the ticket is not {from}"
        );
        let sql = "INSERT INTO entry (ticket, at, kind, author, letter, text)
                   VALUES (1, 0, 'status', 'technician@univ.example', NULL, ?1)";
        database
            .execute(sql, [format!("{from} → {to}: a technician's word")])
            .unwrap();
    }
}

/// Every file of a folder with its bytes.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), fs::read(&path).unwrap()))
        // A reader registers in SQLite's index, beside a log that stays empty.
        .filter(|(path, bytes)| {
            let name = path.to_string_lossy();
            let idle = name.ends_with("-wal") && bytes.is_empty();
            !name.ends_with("-shm") && !idle
        })
        .collect();
    files.sort();
    files
}

#[test]
fn a_good_card_is_said_to_be_good_and_every_mistake_is_shown_where_it_stands() {
    let office = Office::new();
    let (code, said) = office.policy(&["check"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("card.toml is good: 0 mistakes, 0 remarks."),
        "{said}"
    );
    assert!(said.contains("7 clauses (E1 auto, E2 auto, "), "{said}");
    office.card("broken.toml", |text| {
        text.replace(
            "grace_days             = 90",
            "grace_days             = \"90\"",
        )
        .replace(
            "all     = [\"installed-since\", \"fault\"]",
            "all     = [\"instaled-since\", \"fault\"]",
        )
    });
    let broken = office.site.path("broken.toml").display().to_string();
    let (code, said) = office.policy(&["check", &broken]);
    assert_eq!(code, 78);
    let expected = format!(
        r#"mistake: `grace_days`
  line 20, column 26: invalid type: string "90", expected a whole number

  20 │ grace_days             = "90"     # after an end of support: a flag, n
     │                          ^

mistake: clause E6, when 1, all
  line 748, column 14: expected a signal of this card or `fact:NAME=VALUE`, but found `instaled-since` (is `installed-since` meant?)

  748 │   all     = ["instaled-since", "fault"]
      │              ^

{broken} is not good: 2 mistakes, 0 remarks.
"#
    );
    let line = Card::check(&fs::read_to_string(&broken).unwrap()).findings[1].line;
    let numbered = |text: &str| text.replace("748", &line.to_string());
    assert_eq!(said, numbered(&expected));
    let objects = office.objects(&["check", "--json", &broken], 78);
    assert_eq!(objects[1]["severity"], "mistake");
    assert_eq!(objects[1]["line"], line);
    assert_eq!(objects[1]["key"], "clause E6, when 1, all");
    assert_eq!(office.policy(&["check", "/nowhere/card.toml"]).0, 66);
}

#[test]
fn a_remark_keeps_no_card_from_being_used_unless_asked_to() {
    let office = Office::new();
    office.card("card.toml", |text| {
        text.replacen(
            "[[signal]]\n",
            "[[signal]]\nid = \"spare\"\nany = [\"rien du tout\"]\n\n[[signal]]\n",
            1,
        )
    });
    let (code, said) = office.policy(&["check"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("remark: signal, id\n")
            && said.contains("no rule asks for the signal `spare`"),
        "{said}"
    );
    assert_eq!(office.policy(&["check", "--strict"]).0, 78);
    assert!(office.site.guichet(&["config", "check"]).status.success());
}

#[test]
fn a_template_the_card_breaks_is_told() {
    let site = Site::new(&format!("{TO_FOLDER}[templates]\ndirectory = \"words\"\n"));
    let office = Office { site };
    fs::create_dir_all(office.site.path("words/fr")).unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/fr/rejection.txt");
    let text = fs::read_to_string(shipped).unwrap() + "{{ nothing_like_it }}\n";
    fs::write(office.site.path("words/fr/rejection.txt"), text).unwrap();
    let (code, said) = office.policy(&["check"]);
    assert_eq!(code, 78, "{said}");
    assert!(
        said.contains("the answers cannot be written with this card"),
        "{said}"
    );
    assert!(
        said.contains("rejection") && said.contains("is not good"),
        "{said}"
    );
}

#[test]
fn the_card_reads_as_a_page_for_whoever_answers_for_it() {
    let office = Office::new();
    assert_eq!(
        office.policy(&["show", "e7"]),
        (
            0,
            "
════════════════════════════════════════════════════════════════════════════════
CLAUSE E7 — Réinitialisation après modification du système
────────────────────────────────────────────────────────────────────────────────
Texte   « Pour toute demande conséquente à une mauvaise utilisation de
        l'utilisateur, le service informatique procédera à une réinitialisation
        du système d'exploitation et à la restauration des paramètres
        initiaux. »
Mode    automatique : la clause agit seule
Au plus ACCEPTER AVEC UN AVIS

Règle 1 : ACCEPTER AVEC UN AVIS
  si ce point est vrai :
    - l'auteur dit que des réglages du système ont été modifiés (« j'ai
      désactivé l'antivirus »), sans détour
  sauf si ce point est vrai :
    - le service, ou une mise à jour automatique, a fait l'installation

Question posée
  - Vos données sont-elles sauvegardées ? Répondez OUI ou NON.
"
            .to_owned()
        )
    );
    let (_, english) = office.policy(&["show", "E1", "--language", "en"]);
    for words in [
        "CLAUSE E1 — Equipment bought outside the service or the contract",
        "“requests about equipment bought other than through the IT service",
        "Mode    automatic: the clause acts by itself",
        "Rule 1: REFUSE\n  if all of this is true:",
        "    - inventory: machine bought outside the service and the contract\n",
        "  never if one of these is true, or merely possible:",
        "Where else to turn\n",
    ] {
        assert!(english.contains(words), "{words}: {english}");
    }
    assert_eq!(office.policy(&["show", "E9"]).0, 66);
    assert_eq!(office.policy(&["show", "--language", "de"]).0, 64);
}

#[test]
fn the_whole_page_fits_a_terminal_and_leaves_nothing_out() {
    let office = Office::new();
    let card = Card::shipped().unwrap();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    for language in ["fr", "en"] {
        let (code, page) = office.policy(&["show", "--language", language]);
        assert_eq!(code, 0);
        let widest = page.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(80), "{widest:?}");
        let page = words(&page);
        for clause in card.clauses() {
            assert!(page.contains(&words(&clause.text_fr)), "{}", clause.id);
            for text in &clause.elsewhere {
                let text = if language == "fr" { &text.fr } else { &text.en };
                assert!(page.contains(&words(text)), "{text}");
            }
        }
        // No id of a signal, no name of a fact: these are for programmers.
        for id in [
            "own-device",
            "work-context",
            "asset.",
            "sender.",
            "fact:",
            "@strict",
            "verdict",
        ] {
            assert!(!page.contains(id), "{id}");
        }
        for part in ["matinfo", "instrument", "ltsc", "P1", "30", "90"] {
            assert!(page.contains(part), "{part}");
        }
    }
    let (_, page) = office.policy(&["show", "--words"]);
    let page = words(&page);
    for signal in card.signals() {
        for pattern in card.written(&signal.any) {
            assert!(page.contains(&words(pattern)), "{pattern}");
        }
    }
    let object = &office.objects(&["show", "--json"], 0)[0];
    assert_eq!(object["hash"], card.hash());
    assert_eq!(
        object["clauses"][1]["rules"][0]["all"][0],
        "own-device@strict"
    );
    assert_eq!(object["scope"]["contracts"][0], "matinfo");
    assert_eq!(object["matrix"][0].as_array().unwrap().len(), 4);
}

/// Labelled letters: right, wrongly refused, wrongly softened, in a file, without facts.
const LABELLED: &str = r#"
{"id":"right","from":"claire.dumas@univ.example","subject":"Copieur","body":"Le copieur ne marche plus.","now":"2026-11-23T10:00:00Z","facts":{"sender":{"known":true,"status":"permanent"}},"expected":{"outcome":"accept","clause":null,"category":"printing","criticality":2,"mutualisation":1}}
{"id":"wrong","from":"remi.castel@univ.example","subject":"Portable","body":"Le portable 2026-00233 ne s'allume plus.","now":"2026-11-23T10:00:00Z","facts":{"sender":{"known":true,"status":"permanent"},"asset":{"match":"inventory","id":"2026-00233","purchase":"unit","market":"none","os_support":"supported","fresh":true}},"expected":{"outcome":"flag","clause":"E1","category":"workstation","criticality":1,"mutualisation":3}}
{"id":"missed","from":"claire.dumas@univ.example","subject":"Portable","body":"Mon PC perso ne s'allume plus.","now":"2026-11-23T10:00:00Z","facts":{"sender":{"known":true,"status":"permanent"}},"expected":{"outcome":"reject","clause":"E2"}}
{"id":"file","eml":"copier.eml","now":"2026-11-23T10:00:00Z","expected":{"outcome":"ask","acceptable":["accept","flag"]}}
{"id":"tables","from":"remi.castel@univ.example","subject":"Portable","body":"Le portable 2026-00233 ne s'allume plus.","expected":{"outcome":"reject","clause":"E1"}}
"#;

#[test]
fn labelled_letters_are_judged_and_a_wrong_refusal_fails() {
    let office = Office::new();
    office.card("card.toml", |text| {
        text.replace("mode = \"auto\"", "mode = \"shadow\"")
    });
    let file = office.file("letters.jsonl", LABELLED);
    let raw = letter("copier", CLAIRE, "Copieur", "", "Le copieur est en panne.");
    fs::write(office.site.path("copier.eml"), raw).unwrap();
    let (code, said) = office.policy(&["test", &file]);
    let lines: Vec<&str> = said.lines().map(str::trim_end).collect();
    assert_eq!(
        (code, (lines.join("\n") + "\n").as_str()),
        (
            1,
            "\
5 letters, card 2026-11; every clause judged as if it acted by itself

  wrong refusals  1 of 3: 33.3 %, with 95 % certainty below 86.5 %
  wrong notices   0 of 5: 0.0 %
  far too late    1 of 2: 50.0 %
  questions       1 of 5: 20.0 % (aim: at most 8 %)
  category        2 of 2: 100.0 %
  criticality     1 of 2: 50.0 %
  mutualisation   1 of 2: 50.0 %

 label, and what became of it   accept   flag   notice   ask   reject
──────────────────────────────────────────────────────────────────────
 accept                         1        ·      ·        ·     ·
 flag                           ·        ·      ·        ·     1
 ask                            1        ·      ·        ·     ·
 reject                         ·        ·      ·        1     1

 clause   refused   … asked, flagged   rightly refused   applied
─────────────────────────────────────────────────────────────────
 E1       1 of 1    1 of 1             1 of 2            2 of 2
 E2       0 of 1    1 of 1             ·                 1 of 1

2 letters differ from the label

  wrong  WRONGLY REFUSED
    outcome: expected flag, got reject
    criticality: expected 1, got 3
    mutualisation: expected 3, got 1
    inventory 2026-00233 (line 3, table of 2026-11-23): bought by the unit, outside any contract

  missed
    outcome: expected reject, got ask
    you write: “Mon PC perso”
"
        )
    );
    let report = &office.objects(&["test", &file, "--json"], 1)[0];
    assert_eq!(report["false_refusals"]["count"], 1);
    assert_eq!(report["differing"][0]["id"], "wrong");
    assert_eq!(report["clauses"]["E1"]["precision"]["of"], 2);
    let folder = deployed("tables").display().to_string();
    assert_eq!(office.policy(&["test", &file, "--tables", &folder]).0, 1);
    assert_eq!(
        office.policy(&["test", &file, "--tables", "/nowhere"]).0,
        66
    );
}

#[test]
fn a_file_of_labels_that_cannot_be_read_says_which_lines() {
    let office = Office::new();
    let file = office.file(
        "bad.jsonl",
        "{\"id\":\"a\"}\n{\"id\":\"b\",\"eml\":\"b\",\"expected\":{\"outcome\":\"no\"}}\n",
    );
    let (code, said) = office.policy(&["test", &file]);
    assert_eq!(code, 65, "{said}");
    assert!(
        said.contains("line 1: expected `from` and `body`, or `eml` alone"),
        "{said}"
    );
    assert!(
        said.contains("line 2: expected accept, flag, notice, ask or reject, but found `no`"),
        "{said}"
    );
    let file = office.file("odd.jsonl", "{\"id\":\"a\",\"from\":\"x@univ.example\",\"body\":\"b\",\"facts\":{\"sender\":{\"known\":true,\"status\":\"king\"}}}\n");
    let (code, said) = office.policy(&["test", &file]);
    assert_eq!(code, 65, "{said}");
    assert!(
        said.contains("letter a, facts: ") && said.contains("king"),
        "{said}"
    );
    assert_eq!(office.policy(&["test", "/nowhere.jsonl"]).0, 66);
}

#[test]
fn a_changed_card_is_replayed_over_what_came_and_nothing_is_written() {
    let office = Office::new();
    office.card("card.toml", |text| {
        text.replace("mode = \"auto\"", "mode = \"shadow\"")
    });
    office.card("auto.toml", |text| text);
    let copier = letter("copier", CLAIRE, "Copieur", "", "Le copieur est en panne.");
    let own = letter("own", CLAIRE, "PC", "", "Mon PC perso ne s'allume plus.");
    office.post(&[refused(1), copier, own]);
    let store = office.site.path("store");
    let before = contents(&store);
    let sent = office.site.sent();
    let auto = office.site.path("auto.toml").display().to_string();
    let (code, said) = office.policy(&["replay", "--card", &auto, "--since", "1d"]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.starts_with("3 letters judged again with card 2026-11: 2 decisions would flip.\n"),
        "{said}"
    );
    let (dangerous, soft) = said.split_once("1 letter would be asked").unwrap();
    assert!(
        dangerous.contains("1 letter WOULD BE REFUSED, and were not\n  #1 "),
        "{said}"
    );
    assert!(dangerous.contains("accept → reject E1\n"), "{said}");
    assert!(dangerous.contains("inventory 2026-00233 (line "), "{said}");
    assert!(
        soft.contains("#3 ") && soft.contains("accept → ask E2"),
        "{said}"
    );
    assert!(soft.contains("you write: “Mon PC perso”"), "{said}");
    assert!(contents(&store) == before, "the store was written to");
    assert_eq!(office.site.sent(), sent);
    let object = &office.objects(&["replay", "--card", &auto, "--json"], 0)[0];
    assert_eq!(object["counts"]["newly_refused"], 1);
    assert_eq!(object["flips"][0]["now"]["clause"], "E1");
    assert_eq!(object["flips"][0]["by_the_card"], true);
    let (_, same) = office.policy(&[
        "replay",
        "--card",
        &office.site.path("card.toml").display().to_string(),
    ]);
    assert_eq!(
        same,
        "3 letters judged again with card 2026-11: 0 decisions would flip.\n"
    );
    let (_, none) = office.policy(&["replay", "--card", &auto, "--since", "2031-01-01"]);
    assert!(none.starts_with("0 letters judged again"), "{none}");
    assert_eq!(
        office
            .policy(&["replay", "--card", &auto, "--since", "soon"])
            .0,
        64
    );
}

#[test]
fn old_letters_are_replayed_with_the_tables_of_today_looked_back() {
    let office = Office::new();
    office.post(&[refused(1)]);
    // The decision was made long before the tables were exported anew.
    let database = office.site.database();
    let sql = "UPDATE letter SET decided_at = decided_at - 200 * 86400";
    database.execute(sql, []).unwrap();
    drop(database);
    let card = office.site.path("card.toml").display().to_string();
    let (_, said) = office.policy(&["replay", "--card", &card]);
    assert!(said.contains("0 decisions would flip"), "{said}");
    // Once the inventory says otherwise, that is not the card's doing.
    let assets = office.site.path("assets.csv");
    let text = fs::read_to_string(&assets).unwrap();
    let line = text
        .lines()
        .find(|line| line.contains("2026-00233"))
        .unwrap();
    let right = line.replace(",unit,", ",it,");
    assert_ne!(line, right);
    fs::write(&assets, text.replace(line, &right)).unwrap();
    let (_, said) = office.policy(&["replay", "--card", &card]);
    assert!(said.contains("0 decisions would flip"), "{said}");
    assert!(said.contains("Not the changed card's doing"), "{said}");
    assert!(
        said.contains("1 letter would no longer be refused\n  #1 "),
        "{said}"
    );
}

#[test]
fn what_each_clause_did_is_counted_and_an_overturned_refusal_becomes_an_example() {
    let office = Office::new();
    let own = letter("own", CLAIRE, "PC", "", "Mon PC perso ne s'allume plus.");
    office.post(&[refused(1), own]);
    let clause = |id: &str| office.objects(&["stats", "--json"], 0)[0]["clauses"][id].clone();
    assert_eq!(clause("E1")["refused"], 1);
    assert_eq!(clause("E1")["told"], 1);
    assert_eq!(clause("E1")["contested"], 0);
    assert_eq!(clause("E2")["fired"], 1);
    assert_eq!(clause("E2")["told"], 1);
    office.contest();
    assert_eq!(clause("E1")["contested"], 1);
    assert_eq!(clause("E1")["overturned"], 0);
    assert_eq!(office.policy(&["examples"]), (0, String::new()));
    office.step("contested", "open");
    assert_eq!(clause("E1")["overturned"], 1);
    let (_, table) = office.policy(&["stats", "--since", "90d"]);
    assert!(table.starts_with("2 letters opened a ticket.\n"), "{table}");
    let row = table
        .lines()
        .find(|line| line.trim_start().starts_with("E1"))
        .unwrap();
    let cells: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(
        cells,
        ["E1", "1", "1", "·", "·", "1", "1", "1", "1", "50.0", "%"]
    );
    let example = &office.objects(&["examples"], 0)[0];
    assert_eq!(example["id"], "ticket-1");
    assert_eq!(example["must_not_refuse"], true);
    assert_eq!(example["facts"]["asset"]["purchase"], "unit");
    assert!(
        example["note"]
            .as_str()
            .unwrap()
            .starts_with("refused under E1 on "),
        "{example}"
    );
    let file = office.file("overturned.jsonl", &example.to_string());
    let (code, said) = office.policy(&["test", &file]);
    assert_eq!(code, 1, "the same card refuses it again: {said}");
    assert!(
        said.contains("ticket-1  WRONGLY REFUSED\n    outcome: expected not reject, got reject"),
        "{said}"
    );
    office.card("milder.toml", |text| {
        text.replace(
            "\"remedy\", \"shared-complaint\"]",
            "\"remedy\", \"shared-complaint\", \"fault\"]",
        )
        .replace(
            "any     = [\"fault\", \"wants-repair\"]\n  unless  = [\"purchase-plan\"",
            "any     = [\"wants-repair\"]\n  unless  = [\"purchase-plan\"",
        )
    });
    let milder = office.site.path("milder.toml").display().to_string();
    assert_eq!(office.policy(&["test", &file, "--card", &milder]).0, 0);
    // Refused again after all: nothing was overturned.
    office.step("open", "refused");
    assert_eq!(clause("E1")["overturned"], 0);
}
