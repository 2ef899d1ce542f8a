//! Every letter of the repository, each with the tables it is judged with.
//!
//! - *own*: `tests/corpus/policy.jsonl`, with the tables their facts stand for;
//! - *given*: more of that kind in the folder named by `GUICHET_POLICY_EXAMPLES`, if it is set;
//! - *french*, *english*: `tests/policy/heldout`, with the tables of an institute;
//! - *files*: `tests/corpus/*/*.eml` and `deploy/demo/*.eml`, as if somebody known had written them,
//!   with the example tables.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use csv::{ByteRecord, ReaderBuilder, WriterBuilder};
use guichet::message::Text;
use guichet::message::parse::parse;
use guichet::policy::labelled::{self, Circumstances, Content, Label, Labelled, Tables};
use guichet::policy::{Card, Letter, Verdict, judge};
use guichet::registry::{Registry, Settings, Source, Table};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// One table, cell by cell.
#[derive(Debug, Clone)]
pub struct Sheet {
    pub table: Table,
    pub header: ByteRecord,
    pub lines: Vec<ByteRecord>,
    pub exported_on: Option<Date>,
}

impl Sheet {
    /// Reads a table whose header line tells its delimiter.
    pub fn read(table: Table, bytes: &[u8], exported_on: Option<Date>) -> Self {
        let header = bytes.split(|byte| *byte == b'\n').next().unwrap();
        let delimiter = if header.contains(&b';') { b';' } else { b',' };
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .delimiter(delimiter)
            .from_reader(bytes);
        let mut lines: Vec<ByteRecord> = reader.byte_records().map(Result::unwrap).collect();
        let header = lines.remove(0);
        Self {
            table,
            header,
            lines,
            exported_on,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut writer = WriterBuilder::new().from_writer(Vec::new());
        for line in std::iter::once(&self.header).chain(&self.lines) {
            writer.write_byte_record(line).unwrap();
        }
        writer.into_inner().unwrap()
    }

    /// Our name of a column.
    pub fn column(&self, at: usize) -> &str {
        std::str::from_utf8(&self.header[at]).unwrap()
    }

    /// The table with one cell emptied.
    pub fn without_cell(&self, line: usize, column: usize) -> Self {
        let mut changed = self.clone();
        changed.lines[line] = self.lines[line]
            .iter()
            .enumerate()
            .map(|(at, cell)| if at == column { b"" } else { cell })
            .collect();
        changed
    }
}

pub fn load(sheets: &[Sheet], settings: &Settings) -> Registry {
    let bytes: Vec<Vec<u8>> = sheets.iter().map(Sheet::bytes).collect();
    let source = |(sheet, bytes)| -> Source<'_> {
        let (sheet, bytes): (&Sheet, &Vec<u8>) = (sheet, bytes);
        Source {
            table: sheet.table,
            file: sheet.table.as_str(),
            bytes,
            exported_on: sheet.exported_on,
            columns: BTreeMap::new(),
            values: BTreeMap::new(),
        }
    };
    let sources: Vec<Source<'_>> = sheets.iter().zip(&bytes).map(source).collect();
    Registry::load(&sources, settings).unwrap()
}

/// A letter and what is known around it.
#[derive(Debug, Clone)]
pub struct Case {
    pub set: &'static str,
    pub id: String,
    pub from: String,
    pub subject: String,
    pub text: Text,
    pub forwarded: bool,
    pub now: Timestamp,
    pub facts: Option<Circumstances>,
    pub label: Label,
    pub sheets: Arc<Vec<Sheet>>,
    pub registry: Arc<Registry>,
}

impl Case {
    pub fn letter(&self) -> Letter<'_> {
        let plain = Letter {
            from: Some(&self.from),
            forwarded: self.forwarded,
            ..Letter::new(&self.subject, &self.text)
        };
        match &self.facts {
            Some(facts) => facts.around(plain),
            None => plain,
        }
    }

    pub fn verdict(&self) -> Verdict {
        self.verdict_by(&self.registry)
    }

    pub fn verdict_by(&self, registry: &Registry) -> Verdict {
        judge(card(), registry, &self.letter(), self.now)
    }
}

pub fn card() -> &'static Card {
    Card::shipped().unwrap()
}

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn usual_moment() -> Timestamp {
    "2026-11-23T10:12:00+01:00".parse().unwrap()
}

/// All letters, read once.
pub fn all() -> &'static [Case] {
    static ALL: OnceLock<Vec<Case>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut cases = own("own", &here("tests/corpus/policy.jsonl"));
        if let Some(folder) = std::env::var_os("GUICHET_POLICY_EXAMPLES") {
            cases.extend(own("given", &Path::new(&folder).join("examples.jsonl")));
        }
        cases.extend(heldout("french"));
        cases.extend(heldout("english"));
        cases.extend(files());
        cases
    })
}

fn own(set: &'static str, file: &Path) -> Vec<Case> {
    let case = |letter: Labelled| {
        let facts = letter.facts.clone().unwrap();
        let mut case = plain(set, letter, &Arc::default(), &Arc::new(nothing()));
        let today = TimeZone::UTC.to_datetime(case.now).date();
        let tables = Tables::of(&facts, &case.from, &case.subject, today);
        case.sheets = Arc::new(sheets_of(&tables));
        case.registry = Arc::new(load(&case.sheets, card().registry_settings()));
        case
    };
    let lines = std::fs::read_to_string(file).unwrap();
    let letters = labelled::read(&lines).unwrap_or_else(|error| panic!("{error}"));
    letters.into_iter().map(case).collect()
}

fn nothing() -> Registry {
    Registry::load(&[], card().registry_settings()).unwrap()
}

fn sheets_of(tables: &Tables) -> Vec<Sheet> {
    let sheet = |(table, rows): (&Table, &Vec<BTreeMap<&'static str, String>>)| {
        let cells = |row: &BTreeMap<&'static str, String>| -> ByteRecord {
            let cell = |column: &&str| row.get(*column).map_or("", String::as_str).to_owned();
            table
                .columns()
                .iter()
                .map(cell)
                .collect::<Vec<_>>()
                .as_slice()
                .into()
        };
        Sheet {
            table: *table,
            header: table.columns().to_vec().as_slice().into(),
            lines: rows.iter().map(cells).collect(),
            exported_on: tables.exported,
        }
    };
    tables.rows.iter().map(sheet).collect()
}

fn plain(
    set: &'static str,
    letter: Labelled,
    sheets: &Arc<Vec<Sheet>>,
    registry: &Arc<Registry>,
) -> Case {
    let Content::Plain {
        from,
        subject,
        text,
    } = letter.content
    else {
        panic!("{} is in a file of its own", letter.id);
    };
    Case {
        set,
        id: letter.id,
        from,
        subject,
        text: *text,
        forwarded: false,
        now: letter.now.unwrap_or_else(usual_moment),
        facts: letter.facts,
        label: letter.label,
        sheets: Arc::clone(sheets),
        registry: Arc::clone(registry),
    }
}

/// The tables in a folder, as exported on a day.
fn folder(path: &Path, exported_on: Date) -> Vec<Sheet> {
    let sheet = |table: &Table| {
        let bytes = std::fs::read(path.join(format!("{}.csv", table.as_str()))).unwrap();
        Sheet::read(*table, &bytes, Some(exported_on))
    };
    Table::ALL.iter().map(sheet).collect()
}

/// Letters of people who had never seen the card.
pub fn heldout(set: &'static str) -> Vec<Case> {
    let home = here("tests/policy/heldout").join(set);
    let sheets = Arc::new(folder(&home.join("tables"), Date::constant(2026, 11, 22)));
    let registry = Arc::new(load(&sheets, card().registry_settings()));
    let lines = std::fs::read_to_string(home.join("letters.jsonl")).unwrap();
    let letters = labelled::read(&lines).unwrap_or_else(|error| panic!("{error}"));
    letters
        .into_iter()
        .map(|letter| plain(set, letter, &sheets, &registry))
        .collect()
}

/// The example tables, in which Luc Perrin is somebody.
pub fn example_tables() -> Vec<Sheet> {
    folder(&here("deploy/tables"), Date::constant(2026, 11, 20))
}

fn files() -> Vec<Case> {
    let sheets = Arc::new(example_tables());
    let registry = Arc::new(load(&sheets, card().registry_settings()));
    let mut files: Vec<PathBuf> = std::fs::read_dir(here("tests/corpus"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .chain([here("deploy/demo")])
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "eml"))
        .collect();
    files.sort();
    files
        .iter()
        .filter_map(|file| {
            // A letter that cannot be read is never judged.
            let message = parse(&std::fs::read(file).unwrap()).ok()?;
            Some(Case {
                set: "files",
                id: file.file_stem().unwrap().to_string_lossy().into_owned(),
                from: "luc.perrin@univ.example".to_owned(),
                subject: message.subject,
                text: message.text,
                forwarded: message.forwarded,
                now: usual_moment(),
                facts: None,
                label: Label::default(),
                sheets: Arc::clone(&sheets),
                registry: Arc::clone(&registry),
            })
        })
        .collect()
}
