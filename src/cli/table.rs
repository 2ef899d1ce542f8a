//! Tables and times for people, and text of letters made harmless.
//!
//! Text of letters passes [`line`] or [`paragraph`] before it is shown: it must not steer the
//! terminal.

use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Row, Table, TableStyle,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// As wide as a table is where nobody says otherwise.
pub(super) const WIDTH: u16 = 120;
/// Columns that a cell of text gets at least.
const TEXT: usize = 24;

/// Whether a column holds text that may be cut.
fn is_text(head: &str) -> bool {
    ["name", "reason", "subject", "why"].contains(&head)
}

/// What each column takes, with a blank on either side and one between two columns.
fn widths(head: &[&str], rows: &[Vec<String>]) -> Vec<usize> {
    head.iter()
        .enumerate()
        .map(|(at, head)| {
            let cells = rows.iter().filter_map(|row| row.get(at));
            let shown = |cell: &String| cell.chars().filter(|c| !is_hidden(*c)).count();
            let widest = cells.map(shown).max().unwrap_or(0).max(head.len());
            3 + if is_text(head) {
                widest.min(TEXT)
            } else {
                widest
            }
        })
        .collect()
}

/// The columns that a width has room for.
pub(super) fn fitting<'a>(
    head: &[&'a str],
    spare: &[&str],
    rows: Vec<Vec<String>>,
    width: usize,
) -> (Vec<&'a str>, Vec<Vec<String>>) {
    let widths = widths(head, &rows);
    let mut left: Vec<bool> = head.iter().map(|_| true).collect();
    for word in spare {
        let taken: usize = widths
            .iter()
            .zip(&left)
            .filter(|(_, left)| **left)
            .map(|(width, _)| width)
            .sum();
        if taken <= width {
            break;
        }
        for (head, left) in head.iter().zip(&mut left) {
            *left &= head != word;
        }
    }
    let kept = |row: Vec<String>| {
        let cells = row.into_iter().zip(&left);
        cells
            .filter(|(_, left)| **left)
            .map(|(cell, _)| cell)
            .collect()
    };
    let rows = rows.into_iter().map(kept).collect();
    let head = head.iter().zip(&left).filter(|(_, left)| **left);
    (head.map(|(word, _)| *word).collect(), rows)
}

/// A table of numbers: the first column holds their names, all others stand to the right.
pub(super) fn numbers(head: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = build(head, &owned(head), rows, width(), None);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    trimmed(&table)
}

/// A table for people in every case: reports.
pub(super) fn table(head: &[&str], rows: Vec<Vec<String>>) -> String {
    laid_out(head, &owned(head), rows, width(), None)
}

fn owned(head: &[&str]) -> Vec<String> {
    head.iter().map(|word| (*word).to_owned()).collect()
}

/// Lays rows out; each in so many lines at most, what is longer is cut.
pub(super) fn laid_out(
    head: &[&str],
    shown: &[String],
    rows: Vec<Vec<String>>,
    width: u16,
    lines: Option<usize>,
) -> String {
    trimmed(&build(head, shown, rows, width, lines))
}

/// Without blanks at the ends of lines.
fn trimmed(table: &Table) -> String {
    let text = table.to_string();
    text.lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}

fn build(
    head: &[&str],
    shown: &[String],
    rows: Vec<Vec<String>>,
    width: u16,
    lines: Option<usize>,
) -> Table {
    let mut table = Table::new();
    table
        .load_style(TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─')))
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width)
        .set_truncation_indicator("…")
        .set_header(shown);
    for cells in rows {
        let mut row = Row::from(cells);
        if let Some(lines) = lines {
            row.max_height(lines);
        }
        table.add_row(row);
    }
    for (column, head) in table.column_iter_mut().zip(head) {
        if lines.is_some() && !is_text(head) {
            // An address is copied as a whole, and a number or a word is not broken: text gives way.
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table
}

/// The width of the terminal, as far as anything tells it.
pub(super) fn width() -> u16 {
    let said = std::env::var("COLUMNS").ok();
    said.and_then(|columns| columns.parse().ok())
        .or_else(|| terminal_size::terminal_size().map(|(width, _)| width.0))
        .unwrap_or(WIDTH)
        .max(40)
}

/// A number with its noun: "1 table", "2 tables".
pub(super) fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// An instant in the system's time zone, to the minute.
pub(super) fn local(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(
        |_| seconds.to_string(),
        |instant| {
            instant
                .to_zoned_datetime(TimeZone::system())
                .strftime("%Y-%m-%d %H:%M")
                .to_string()
        },
    )
}

/// The same; nothing for 0, which stands for "not yet".
pub(super) fn local_or_never(seconds: i64) -> String {
    if seconds == 0 {
        String::new()
    } else {
        local(seconds)
    }
}

/// Text from a letter, safe for a terminal: no escape sequences, no direction marks, one line,
/// at most `limit` characters.
pub(super) fn line(text: &str, limit: usize) -> String {
    let mut shown: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !is_hidden(*c))
        .take(limit.saturating_add(1))
        .collect();
    if shown.chars().count() > limit {
        shown.pop();
        shown.push('…');
    }
    shown
}

/// The same for text of several lines.
pub(super) fn paragraph(text: &str) -> String {
    text.chars()
        .filter(|c| matches!(c, '\n' | '\t') || !is_hidden(*c))
        .collect()
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
}
