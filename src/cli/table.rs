//! Tables and times for people.

use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A table of numbers: the first column holds their names, all others stand to the right.
pub(super) fn numbers(head: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = build(head, rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let lines = table.to_string();
    let lines = lines.lines().map(|line| format!("{}\n", line.trim_end()));
    lines.collect()
}

/// A table with thin lines, as wide as it needs to be on paper and no wider than a terminal.
pub(super) fn table(head: &[&str], rows: Vec<Vec<String>>) -> String {
    format!("{}\n", build(head, rows))
}

fn build(head: &[&str], rows: Vec<Vec<String>>) -> Table {
    let mut table = Table::new();
    table
        .load_style(TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─')))
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width())
        .set_header(head);
    for row in rows {
        table.add_row(row);
    }
    // An address is copied as a whole: other columns give way.
    for (column, head) in table.column_iter_mut().zip(head) {
        if ["from", "to", "requester"].contains(head) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table
}

fn width() -> u16 {
    std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok())
        .unwrap_or(120)
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

/// Text from a letter, safe for a terminal: no escape sequences, no direction marks, one line,
/// at most `limit` characters.
pub(super) fn line(text: &str, limit: usize) -> String {
    let mut shown: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !is_hidden(*c))
        .take(limit + 1)
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
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ok_a_subject_cannot_steer_the_terminal() {
        assert_eq!(line("a\x1b[31mb\u{202e}c\nd", 20), "a[31mbc d");
        assert_eq!(line("abcdef", 3), "abc…");
        assert_eq!(paragraph("a\x07\nb"), "a\nb");
    }
}
