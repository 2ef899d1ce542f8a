//! One CSV table: bytes in, lines with named cells out.
//!
//! The delimiter is found (`,` `;` tab `|`: the one under which the header line shows most of our
//! column names), the text may be UTF-8 or Windows-1252, with or without a byte order mark. A
//! site's own column names are mapped to ours, and its words to ours. Columns we do not know are
//! left alone. Dates may be followed by a time of day.
//!
//! Every error names file, line, column, what was expected and what was found.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::civil::Date;

use super::Table;
use super::name::fold;

/// One table as the shell hands it over.
#[derive(Debug, Clone)]
pub struct Source<'a> {
    /// Which table this is.
    pub table: Table,
    /// The file's name, for messages.
    pub file: &'a str,
    /// The file's content, UTF-8 or Windows-1252.
    pub bytes: &'a [u8],
    /// The day the table was exported. Without it the table's age is unknown, and so is every
    /// answer.
    pub exported_on: Option<Date>,
    /// The site's column name for each of ours that differs.
    pub columns: BTreeMap<String, String>,
    /// For each of our columns the site's words and what they are in ours: `Titulaire` →
    /// `permanent`. The word `*` stands for every other one, and `unknown` for an empty cell.
    pub values: BTreeMap<String, BTreeMap<String, String>>,
}

/// What in a table cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// The file is no text we know.
    #[error("{file}: expected text in UTF-8 or Windows-1252, but found UTF-16")]
    Encoding {
        /// The file.
        file: String,
    },
    /// The file has no header line.
    #[error(
        "{file}, line 1: expected a header line with the column `{column}`, but the file is empty"
    )]
    Empty {
        /// The file.
        file: String,
        /// A column that must be there.
        column: String,
    },
    /// A column without which no line has a meaning.
    #[error("{file}, line 1: expected a column `{column}`, but found {found}")]
    NoColumn {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// The header found.
        found: String,
    },
    /// Two columns of one name.
    #[error("{file}, line 1: expected the column `{column}` once, but found it twice")]
    ColumnTwice {
        /// The file.
        file: String,
        /// The column.
        column: String,
    },
    /// A mapping for a column that does not exist.
    #[error("{file}: expected one of {expected} as a column to be mapped, but found `{found}`")]
    Mapping {
        /// The file.
        file: String,
        /// Our columns.
        expected: String,
        /// The name met.
        found: String,
    },
    /// A line with more or fewer cells than the header, or broken quotes.
    #[error("{file}, line {line}: expected {expected} cells, but found {found}")]
    Cells {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// Cells of the header.
        expected: u64,
        /// Cells of the line.
        found: u64,
    },
    /// A cell that must not be empty, or holds none of the known words.
    #[error("{file}, line {line}, column `{column}`: expected {expected}, but found {found}")]
    Cell {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// The column, in the site's own words.
        column: String,
        /// What may stand there.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// The CSV reader gave up.
    #[error("{file}: expected a table of comma-separated values")]
    Csv {
        /// The file.
        file: String,
        /// What it met.
        source: csv::Error,
    },
    /// An inventory pattern of the settings is no regular expression.
    #[error("expected a regular expression for inventory numbers, but found `{pattern}`")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        source: Box<regex::Error>,
    },
}

/// A table, read.
#[derive(Debug)]
pub struct Sheet<'a> {
    source: &'a Source<'a>,
    /// Our column → its index and the site's name for it.
    columns: BTreeMap<&'static str, (usize, String)>,
    /// Our column → the site's folded words in ours.
    values: BTreeMap<&'a str, BTreeMap<String, &'a str>>,
    rows: Vec<(u64, csv::StringRecord)>,
}

impl<'a> Sheet<'a> {
    /// Reads header and lines; `key` is the column that must be there.
    ///
    /// # Errors
    /// See [`RegistryError`].
    pub fn read(source: &'a Source<'a>, key: &'static str) -> Result<Self, RegistryError> {
        let ours = source.table.columns();
        let file = source.file.to_owned();
        let mut mapped = source.columns.keys().chain(source.values.keys());
        if let Some(found) = mapped.find(|column| !ours.contains(&column.as_str())) {
            return Err(RegistryError::Mapping {
                file,
                expected: ours.join(", "),
                found: found.clone(),
            });
        }
        let text = decode(source)?;
        let wanted: Vec<(&'static str, String)> = ours
            .iter()
            .map(|ours| {
                let site = source.columns.get(*ours).map_or(*ours, String::as_str);
                (*ours, site.to_owned())
            })
            .collect();
        let names: Vec<String> = wanted.iter().map(|(_, site)| fold_header(site)).collect();
        let header = text.lines().find(|line| !line.trim().is_empty());
        let Some(header) = header else {
            let column = key.to_owned();
            return Err(RegistryError::Empty { file, column });
        };
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter(header, &names))
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let header = match reader.headers() {
            Ok(header) => header.clone(),
            Err(error) => return Err(csv_error(source.file, error)),
        };
        let columns = place_columns(source.file, &header, wanted)?;
        if !columns.contains_key(key) {
            return Err(RegistryError::NoColumn {
                file,
                column: source
                    .columns
                    .get(key)
                    .map_or(key, String::as_str)
                    .to_owned(),
                found: header.iter().collect::<Vec<_>>().join(", "),
            });
        }
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| csv_error(source.file, error))?;
            if record.iter().any(|cell| !cell.is_empty()) {
                rows.push((record.position().map_or(0, csv::Position::line), record));
            }
        }
        Ok(Self {
            source,
            columns,
            values: source.values.iter().map(fold_words).collect(),
            rows,
        })
    }

    /// The lines, top first.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|(line, record)| Row {
            sheet: self,
            line: *line,
            record,
        })
    }

    /// Whether the table has this column.
    #[must_use]
    pub fn has(&self, column: &str) -> bool {
        self.columns.contains_key(column)
    }
}

/// One line of a [`Sheet`].
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    sheet: &'a Sheet<'a>,
    /// The line in the file, the header being line 1.
    pub line: u64,
    record: &'a csv::StringRecord,
}

impl<'a> Row<'a> {
    /// A cell, in our words; nothing if it is empty or unknown, or the column missing.
    #[must_use]
    pub fn cell(&self, column: &str) -> Option<&'a str> {
        let cell = self.written(column)?;
        let Some(words) = self.sheet.values.get(column) else {
            return Some(cell);
        };
        let ours = words.get(&fold(cell)).or_else(|| words.get(""));
        ours.map_or(Some(cell), |word| (*word != UNKNOWN).then_some(word))
    }

    /// A cell as the table writes it.
    fn written(&self, column: &str) -> Option<&'a str> {
        let (index, _) = self.sheet.columns.get(column)?;
        self.record.get(*index).filter(|cell| !cell.is_empty())
    }

    /// A cell as owned text.
    #[must_use]
    pub fn text(&self, column: &str) -> Option<String> {
        self.cell(column).map(str::to_owned)
    }

    /// The values of a cell, parted by `;`.
    #[must_use]
    pub fn values(&self, column: &str) -> Vec<String> {
        self.cell(column)
            .into_iter()
            .flat_map(|cell| cell.split(';'))
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// A cell that must not be empty.
    ///
    /// # Errors
    /// If it is.
    pub fn required(&self, column: &'static str) -> Result<&'a str, RegistryError> {
        self.cell(column)
            .ok_or_else(|| self.error(column, "a value"))
    }

    /// A date, `2026-11-20` or `20/11/2026`.
    ///
    /// # Errors
    /// If the cell holds something else.
    pub fn date(&self, column: &'static str) -> Result<Option<Date>, RegistryError> {
        let Some(cell) = self.cell(column) else {
            return Ok(None);
        };
        parse_date(cell)
            .map(Some)
            .ok_or_else(|| self.error(column, "a date such as 2026-11-20 or 20/11/2026"))
    }

    /// The day the table was exported.
    #[must_use]
    pub fn exported_on(&self) -> Option<Date> {
        self.sheet.source.exported_on
    }

    /// One of a closed list of words, compared without case and accents.
    ///
    /// # Errors
    /// If the cell holds none of them.
    pub fn word<T: Copy>(
        &self,
        column: &'static str,
        words: &[(&str, T)],
        expected: &'static str,
    ) -> Result<Option<T>, RegistryError> {
        let Some(cell) = self.cell(column) else {
            return Ok(None);
        };
        let folded = fold(cell);
        words
            .iter()
            .find(|(word, _)| fold(word) == folded)
            .map(|(_, value)| Some(*value))
            .ok_or_else(|| self.error(column, expected))
    }

    /// The error that something else was expected here.
    #[must_use]
    pub fn error(&self, column: &str, expected: &str) -> RegistryError {
        let site = self.sheet.columns.get(column);
        RegistryError::Cell {
            file: self.sheet.source.file.to_owned(),
            line: self.line,
            column: site.map_or(column, |(_, name)| name.as_str()).to_owned(),
            expected: expected.to_owned(),
            found: self
                .written(column)
                .map_or_else(|| "nothing".to_owned(), |cell| format!("`{cell}`")),
        }
    }
}

fn decode(source: &Source<'_>) -> Result<String, RegistryError> {
    let bytes = source.bytes;
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        let file = source.file.to_owned();
        return Err(RegistryError::Encoding { file });
    }
    let bytes = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(bytes);
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            encoding_rs::WINDOWS_1252
                .decode_without_bom_handling(bytes)
                .0
        }
    };
    // The CSV reader counts a line with CRLF one too early.
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

/// What a site's word is mapped to if it says nothing.
const UNKNOWN: &str = "unknown";

/// The words of one column, compared as names are. `*` has no letter, so it folds to nothing.
fn fold_words<'a>(
    (column, words): (&'a String, &'a BTreeMap<String, String>),
) -> (&'a str, BTreeMap<String, &'a str>) {
    let folded = words
        .iter()
        .map(|(site, ours)| (fold(site), ours.as_str()))
        .collect();
    (column, folded)
}

/// Headers are compared as names; `_` and `-` are blanks.
fn fold_header(name: &str) -> String {
    fold(name)
}

fn delimiter(header: &str, names: &[String]) -> u8 {
    let known = |delimiter: u8| {
        header
            .split(char::from(delimiter))
            .filter(|cell| names.contains(&fold_header(cell)))
            .count()
    };
    // The first of the best: a comma unless another shows more of our columns.
    let mut best = (b',', known(b','));
    for candidate in [b';', b'\t', b'|'] {
        let count = known(candidate);
        if count > best.1 {
            best = (candidate, count);
        }
    }
    best.0
}

fn place_columns(
    file: &str,
    header: &csv::StringRecord,
    wanted: Vec<(&'static str, String)>,
) -> Result<BTreeMap<&'static str, (usize, String)>, RegistryError> {
    let mut columns = BTreeMap::new();
    for (ours, site) in wanted {
        let folded = fold_header(&site);
        let mut at = header
            .iter()
            .enumerate()
            .filter(|(_, cell)| fold_header(cell) == folded)
            .map(|(index, _)| index);
        if let Some(index) = at.next() {
            if at.next().is_some() {
                let file = file.to_owned();
                return Err(RegistryError::ColumnTwice { file, column: site });
            }
            columns.insert(ours, (index, site));
        }
    }
    Ok(columns)
}

fn csv_error(file: &str, error: csv::Error) -> RegistryError {
    let file = file.to_owned();
    match error.kind() {
        csv::ErrorKind::UnequalLengths {
            pos,
            expected_len,
            len,
        } => RegistryError::Cells {
            file,
            line: pos.as_ref().map_or(0, csv::Position::line),
            expected: *expected_len,
            found: *len,
        },
        _ => RegistryError::Csv {
            file,
            source: error,
        },
    }
}

/// `2026-11-20`, or the day first, parted by `/`, `-` or a point. A time of day may follow.
fn parse_date(cell: &str) -> Option<Date> {
    let day = cell.split([' ', 'T']).next()?;
    if let Ok(date) = day.parse::<Date>() {
        return Some(date);
    }
    let mut parts = day.split(['/', '-', '.']);
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}
