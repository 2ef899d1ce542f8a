//! The files under `templates/`: front matter with the subject, a line `---`, the body.
//!
//! One file a notice and language, embedded in the binary; a directory of the site's may replace
//! any of them. All are compiled and rendered with sample data when they are loaded, in both
//! languages, so that a mistake stops the start and not an answer. Templates receive values and
//! nothing else: text from a letter is never template text. Undefined names are errors; a budget
//! of steps ends a loop that does not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};

use crate::notice::Kind;
use crate::policy::Language;

/// Steps one rendering may take; a real one takes a few hundred.
const FUEL: u64 = 50_000;
/// Bytes a template file may have.
const SIZE: usize = 64 * 1024;

/// The languages templates are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tongue {
    /// French, the authoritative one.
    Fr,
    /// English.
    En,
}

impl Tongue {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Fr, Self::En];

    /// The name of the directory.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fr => "fr",
            Self::En => "en",
        }
    }

    /// The language it is.
    #[must_use]
    pub fn language(self) -> Language {
        match self {
            Self::Fr => Language::Fr,
            Self::En => Language::En,
        }
    }
}

macro_rules! shipped {
    ($($name:literal),+ $(,)?) => {
        &[$(
            (concat!("fr/", $name, ".txt"), include_str!(concat!("../../templates/fr/", $name, ".txt"))),
            (concat!("en/", $name, ".txt"), include_str!(concat!("../../templates/en/", $name, ".txt"))),
        )+]
    };
}

/// Every shipped file: the notices, and the parts they include.
const SHIPPED: &[(&str, &str)] = shipped![
    "acknowledgement",
    "acknowledgement_out_of_hours",
    "acknowledgement_on_call",
    "rejection",
    "question",
    "reset_notice",
    "security_notice",
    "reply",
    "resolved",
    "closed",
    "reopened",
    "accepted",
    "upheld",
    "noted",
    "offer_accepted",
    "added",
    "oncall_received",
    "oncall_incomplete",
    "oncall_approved",
    "oncall_denied",
    "oncall_withdrawn",
    "oncall_summary",
    "technician_new",
    "technician_update",
    "technician_contest",
    "technician_undelivered",
    "technician_due",
    "closures_missing",
    "digest",
    "digest_weekly",
    "alert",
    "alert_cause",
    "reminder",
    "no_answer",
    "technician_oncall",
    "technician_oncall_agent",
    "technician_oncall_summary",
    "transcript",
    "confirm_command",
    "help",
    "expected",
    "footer",
    "oncall",
    "sheet",
    "reminder_of_orders",
];

/// Files that are only included: they have no subject.
const PARTS: [&str; 6] = [
    "/expected.txt",
    "/footer.txt",
    "/oncall.txt",
    "/sheet.txt",
    "/reminder_of_orders.txt",
    "/alert_cause.txt",
];

/// The compiled templates. Immutable: a reload makes new ones.
#[derive(Debug)]
pub struct Templates {
    environment: Environment<'static>,
}

/// A rendered notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// Plain text, ends with a line feed.
    pub body: String,
}

impl Templates {
    /// The shipped templates, with those of `replacements` (name such as `fr/rejection.txt`, and
    /// text) in the place of their namesakes.
    ///
    /// # Errors
    /// When a name is unknown, a file has no subject or body, or does not compile.
    pub fn new(replacements: &BTreeMap<String, String>) -> Result<Self, TemplateError> {
        if let Some(name) = replacements
            .keys()
            .find(|name| !SHIPPED.iter().any(|(shipped, _)| shipped == name))
        {
            return Err(TemplateError::Unknown {
                name: name.clone(),
                known: SHIPPED
                    .iter()
                    .map(|(shipped, _)| *shipped)
                    .collect::<Vec<_>>()
                    .join(", "),
            });
        }
        let mut environment = Environment::empty();
        minijinja_builtins(&mut environment);
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment.set_syntax(whitespace()?);
        for (name, shipped) in SHIPPED {
            let text = replacements.get(*name).map_or(*shipped, String::as_str);
            add(&mut environment, name, text)?;
        }
        Ok(Self { environment })
    }

    /// Reads the replacements out of a directory with `fr/` and `en/` in it; other files are
    /// refused, so that a misspelt name is not silently unused.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn name_of(directory: &Path, file: &Path) -> Result<String, TemplateError> {
        file.strip_prefix(directory)
            .ok()
            .and_then(Path::to_str)
            .map(str::to_owned)
            .ok_or_else(|| TemplateError::Name {
                file: file.to_owned(),
            })
    }

    /// Renders a notice in one language.
    ///
    /// # Errors
    /// When the template asks for a value that there is not, or runs for too long.
    pub fn render(
        &self,
        kind: Kind,
        tongue: Tongue,
        values: &Value,
    ) -> Result<Rendered, TemplateError> {
        let name = format!("{}/{}.txt", tongue.as_str(), kind.name());
        let part = |part: &str| -> Result<String, TemplateError> {
            self.environment
                .get_template(&format!("{name}:{part}"))
                .and_then(|template| template.render(values))
                .map_err(|source| TemplateError::render(&name, source))
        };
        Ok(Rendered {
            subject: part("subject")?.trim().to_owned(),
            body: tidy(&part("body")?),
        })
    }
}

/// A line that holds only a block leaves nothing behind.
fn whitespace() -> Result<SyntaxConfig, TemplateError> {
    SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()
        .map_err(|source| TemplateError::render("whitespace", source))
}

fn minijinja_builtins(environment: &mut Environment<'static>) {
    environment.add_filter("upper", minijinja::filters::upper);
    environment.add_filter("lower", minijinja::filters::lower);
    environment.add_filter("join", minijinja::filters::join);
    environment.add_filter("length", minijinja::filters::length);
    environment.add_filter("default", minijinja::filters::default);
    environment.add_filter("trim", minijinja::filters::trim);
    environment.add_filter("indent", minijinja::filters::indent);
}

fn add(
    environment: &mut Environment<'static>,
    name: &str,
    text: &str,
) -> Result<(), TemplateError> {
    if text.len() > SIZE {
        return Err(TemplateError::Shape {
            name: name.to_owned(),
            expected: "at most 64 KB",
        });
    }
    let compile = |environment: &mut Environment<'static>, key: String, text: &str| {
        environment
            .add_template_owned(key, text.to_owned())
            .map_err(|source| TemplateError::render(name, source))
    };
    if PARTS.iter().any(|part| name.ends_with(part)) {
        return compile(environment, name.to_owned(), text);
    }
    let (head, body) = text.split_once("\n---\n").ok_or(TemplateError::Shape {
        name: name.to_owned(),
        expected: "a first line `subject: …`, a line `---`, and the body",
    })?;
    let subject = head
        .lines()
        .find_map(|line| line.strip_prefix("subject:"))
        .ok_or(TemplateError::Shape {
            name: name.to_owned(),
            expected: "a line `subject: …` above the line `---`",
        })?;
    compile(environment, format!("{name}:subject"), subject.trim())?;
    compile(environment, format!("{name}:body"), body)
}

/// Templates leave gaps where a block is absent: at most one empty line in a row, none at the
/// ends.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for line in text.lines() {
        // `-- ` with its blank is where a signature begins (RFC 3676 §4.3).
        let line = if line == "-- " { line } else { line.trim_end() };
        if line.is_empty() {
            gap = !out.is_empty();
            continue;
        }
        if gap {
            out.push('\n');
            gap = false;
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

/// What is wrong with a template.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// No notice has this name.
    #[error("expected one of the templates {known}, but found `{name}`")]
    Unknown {
        /// The name found.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A file name that is not text.
    #[error("the template file `{}` has a name that is not text", file.display())]
    Name {
        /// The file.
        file: PathBuf,
    },
    /// The front matter is missing.
    #[error("template `{name}`: expected {expected}")]
    Shape {
        /// The template.
        name: String,
        /// What a template looks like.
        expected: &'static str,
    },
    /// It does not compile, or asks for a value there is not.
    #[error("template `{name}`, line {line}: {what}")]
    Render {
        /// The template.
        name: String,
        /// The line of the body or subject, from 1; 0 if unknown.
        line: usize,
        /// What is wrong.
        what: String,
    },
}

impl TemplateError {
    fn render(name: &str, error: minijinja::Error) -> Self {
        Self::Render {
            name: name.to_owned(),
            line: error.line().unwrap_or(0),
            what: error
                .detail()
                .map_or_else(|| error.kind().to_string(), str::to_owned),
        }
    }
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    fn replaced(name: &str, text: &str) -> Result<Templates, TemplateError> {
        Templates::new(&BTreeMap::from([(name.to_owned(), text.to_owned())]))
    }

    fn render(text: &str, values: &Value) -> Result<Rendered, TemplateError> {
        replaced("fr/acknowledgement.txt", text)?.render(Kind::Acknowledgement, Tongue::Fr, values)
    }

    #[test]
    fn ok_values_are_never_template_text() {
        let values = context! { subject => "{{ 7 * 7 }}{% include 'fr/footer.txt' %}" };
        let rendered = render("subject: {{ subject }}\n---\n{{ subject }}\n", &values).unwrap();
        assert!(rendered.subject.contains("{{ 7 * 7 }}"));
        assert!(rendered.body.contains("{% include"));
    }

    #[test]
    fn ok_gaps_close_and_the_signature_keeps_its_mark() {
        let text = "subject: x\n---\n\n\na  \n{% if false %}\nb\n{% endif %}\n\n\nc\n-- \nd\n\n";
        let rendered = render(text, &context! {}).unwrap();
        assert_eq!(rendered.body, "a\n\nc\n-- \nd\n");
    }

    #[test]
    fn err_every_mistake_is_named() {
        let cases = [
            (
                replaced("fr/rejectoin.txt", "x").unwrap_err(),
                "fr/rejectoin.txt",
            ),
            (
                replaced("fr/question.txt", "no front matter").unwrap_err(),
                "subject",
            ),
            (
                replaced("en/question.txt", "to: x\n---\nbody").unwrap_err(),
                "subject",
            ),
            (
                replaced("en/question.txt", "subject: x\n---\na\n{% if %}").unwrap_err(),
                "line 2",
            ),
            (
                render("subject: x\n---\n{{ nobody }}", &context! {}).unwrap_err(),
                "fr/acknowledgement.txt",
            ),
            (
                replaced("fr/footer.txt", &"x".repeat(70_000)).unwrap_err(),
                "at most 64 KB",
            ),
        ];
        for (error, expected) in cases {
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn err_a_loop_without_end_ends() {
        let text = "subject: x\n---\n{% for a in items %}{% for b in items %}{% for c in items %}\
            {{ a }}{% endfor %}{% endfor %}{% endfor %}";
        let items: Vec<u32> = (0..1_000).collect();
        assert!(render(text, &context! { items }).is_err());
    }
}
