//! What comes out of the clauses: the strongest verdict, softened by safety rules, caps, modes,
//! criticality, and an answer. Each clause is softened by itself, so that a question work has no
//! time for does not hide another clause's notice.
//!
//! With an answer the letter is judged once more and for the last time: nothing is asked again,
//! no other plain statement refuses, and only the clause that asked may become a refusal by it.
//! What the tables say keeps its weight.

use super::SafetyFindings;
use crate::policy::answer::{self, Reading};
use crate::policy::card::{Card, Clause};
use crate::policy::clause::{Block, ClauseId, Condition, Grounds, Mode, Outcome};
use crate::policy::evidence::Evidence;
use crate::policy::trace::{Answered, BlockTrace, Softened};
use crate::registry::Tri;

/// What comes out of the clauses.
#[derive(Debug, Default)]
pub(super) struct Ruling {
    pub(super) outcome: Outcome,
    pub(super) reserve: bool,
    pub(super) proposed: bool,
    pub(super) clause: Option<ClauseId>,
    pub(super) question: Option<ClauseId>,
    pub(super) evidence: Vec<Evidence>,
    pub(super) blocks: Vec<BlockTrace>,
    pub(super) softened: Vec<Softened>,
    pub(super) shadow: Vec<(ClauseId, Outcome)>,
}

/// A block that fires, and what it comes to.
struct Finding<'c> {
    outcome: Outcome,
    block: &'c Block,
    by_answer: bool,
}

/// What all clauses are judged by.
#[derive(Clone, Copy)]
pub(super) struct Bench<'a> {
    pub(super) grounds: Grounds<'a>,
    pub(super) safety: &'a SafetyFindings,
    /// Work is stopped now: it is held neither for a question nor on the writer's words alone.
    pub(super) stopped: bool,
    pub(super) answer: Option<&'a Answered>,
}

impl Ruling {
    pub(super) fn new(card: &Card, bench: Bench<'_>) -> Self {
        let mut ruling = Self::default();
        for clause in &card.clauses {
            if let Some(finding) = ruling.clause(clause, bench) {
                ruling.take(clause, &finding, bench);
            }
        }
        ruling.hand_over(bench);
        ruling
    }

    /// The finding of a clause counts if it is the strongest so far.
    fn take(&mut self, clause: &Clause, finding: &Finding<'_>, bench: Bench<'_>) {
        let outcome = finding.outcome;
        let (acts, proposed) = match clause.mode {
            Mode::Shadow => {
                self.shadow.push((clause.id.clone(), outcome));
                return;
            }
            Mode::Propose if outcome == Outcome::Reject => {
                self.soften(clause, outcome, Outcome::Flag, "mode");
                (Outcome::Flag, true)
            }
            Mode::Propose | Mode::Auto => (outcome, false),
        };
        // A proposed refusal is shown before any other flag; of equals the clause that comes first
        // by its number, wherever it stands in the card.
        let (now, known) = ((acts, proposed), (self.outcome, self.proposed));
        let first = self.clause.as_ref().is_some_and(|known| clause.id < *known);
        if now < known || (now == known && !first) {
            return;
        }
        let refuses = outcome == Outcome::Reject;
        self.outcome = acts;
        self.proposed = proposed;
        self.reserve = refuses && !finding.by_answer && finding.block.rests_on_words();
        self.clause = Some(clause.id.clone());
        self.question = (acts == Outcome::Ask || acts == Outcome::Notice)
            .then(|| clause.question.as_ref().map(|_| clause.id.clone()))
            .flatten();
        self.evidence = evidence(finding.block, bench.grounds);
        if refuses && finding.by_answer {
            self.evidence.extend(answered(bench.answer));
        }
    }

    /// The strongest verdict of one clause, softened by answer, safety, stopped work and cap.
    fn clause<'c>(&mut self, clause: &'c Clause, bench: Bench<'_>) -> Option<Finding<'c>> {
        let mut strongest: Option<Finding<'c>> = None;
        for block in &clause.blocks {
            let judged = block.judge(bench.grounds);
            let fires = judged.fires;
            self.blocks.push(BlockTrace {
                clause: clause.id.clone(),
                mode: clause.mode,
                judged,
            });
            if !fires {
                continue;
            }
            let said = self.with_answer(clause, block, bench);
            let by_answer = said > block.verdict;
            let rests_on_words = by_answer || block.rests_on_words();
            let outcome = self.allowed(clause, said, rests_on_words, bench);
            if strongest
                .as_ref()
                .is_none_or(|known| outcome > known.outcome)
            {
                strongest = Some(Finding {
                    outcome,
                    block,
                    by_answer,
                });
            }
        }
        strongest
    }

    /// What a block comes to once its question, or another clause's, has been answered.
    fn with_answer(&mut self, clause: &Clause, block: &Block, bench: Bench<'_>) -> Outcome {
        let verdict = block.verdict;
        let Some(answer) = bench.answer else {
            return verdict;
        };
        let own = (answer.clause == clause.id).then_some(answer.reading);
        let most = match (own, verdict) {
            (Some(Reading::Admits), Outcome::Ask) if stands(block, bench.grounds) => {
                return Outcome::Reject;
            }
            (Some(Reading::Denies), Outcome::Ask | Outcome::Reject)
            | (Some(Reading::AcceptsOffer), _) => Outcome::Accept,
            (_, Outcome::Ask | Outcome::Notice) => Outcome::Flag,
            (_, Outcome::Reject) if block.rests_on_words() => Outcome::Flag,
            _ => verdict,
        };
        self.soften(clause, verdict, most, "answer")
    }

    /// As far as safety rules, stopped work and the clause's cap let it go.
    fn allowed(
        &mut self,
        clause: &Clause,
        mut outcome: Outcome,
        rests_on_words: bool,
        bench: Bench<'_>,
    ) -> Outcome {
        if let Some(rule) = &bench.safety.caps {
            outcome = self.soften(clause, outcome, Outcome::Flag, rule);
        }
        if outcome == Outcome::Reject
            && let Some(rule) = &bench.safety.forbids
        {
            outcome = self.soften(clause, outcome, Outcome::Flag, rule);
        }
        if outcome == Outcome::Ask
            && let Some(rule) = &bench.safety.doubts
        {
            outcome = self.soften(clause, outcome, Outcome::Flag, rule);
        }
        let holds = outcome == Outcome::Ask || (outcome == Outcome::Reject && rests_on_words);
        if holds && bench.stopped {
            outcome = self.soften(clause, outcome, Outcome::Flag, "criticality");
        }
        let capped = self.soften(clause, outcome, clause.cap, "cap");
        // Whoever has answered is not asked again.
        if bench.answer.is_some() && capped < Outcome::Reject {
            self.soften(clause, capped, Outcome::Flag, "answer")
        } else {
            capped
        }
    }

    /// An answer that decides nothing goes to a technician.
    fn hand_over(&mut self, bench: Bench<'_>) {
        let Some(answer) = bench.answer else { return };
        let strong = bench.grounds.facts.is("asset.strong", &["true".to_owned()]) == Tri::True;
        let open = match answer.reading {
            Reading::Admits => true,
            Reading::Unclear => !strong,
            Reading::Denies | Reading::AcceptsOffer => false,
        };
        if open && self.outcome == Outcome::Accept {
            self.outcome = Outcome::Flag;
            self.clause = Some(answer.clause.clone());
            self.evidence.extend(answered(Some(answer)));
        }
    }

    fn soften(&mut self, clause: &Clause, from: Outcome, most: Outcome, by: &str) -> Outcome {
        if from <= most {
            return from;
        }
        self.softened.push(Softened {
            clause: Some(clause.id.clone()),
            from,
            to: most,
            by: by.to_owned(),
        });
        most
    }

    pub(super) fn raise(&mut self, safety: &SafetyFindings) {
        if safety.flags && self.outcome < Outcome::Flag {
            self.outcome = Outcome::Flag;
        }
        self.evidence.extend(safety.evidence.iter().cloned());
    }
}

/// The words and lines that made a block fire.
fn evidence(block: &Block, grounds: Grounds<'_>) -> Vec<Evidence> {
    let mut evidence = Vec::new();
    for condition in block.all.iter().chain(&block.any) {
        if condition.value(grounds) != Tri::True {
            continue;
        }
        match condition {
            // What only narrows a refusal is not why it is one.
            Condition::Signal { strict: false, .. } if block.verdict == Outcome::Reject => {}
            Condition::Signal { signal, id, .. } => {
                let reading = grounds.signals.get(*signal);
                let quote = reading.and_then(|reading| reading.evidence().next());
                evidence.extend(quote.map(|mention| Evidence::Signal {
                    signal: id.clone(),
                    quote: mention.quote.clone(),
                }));
            }
            Condition::Fact { name, .. } => {
                let fact = grounds.facts.get(name);
                evidence.extend(fact.and_then(|fact| Evidence::of_fact(name, fact)));
            }
        }
    }
    evidence
}

/// Whether nothing speaks against a refusal by answer. What the block names as its exception must
/// not be said; what it looks up must be known not to hold, but for a machine: none may be named.
fn stands(block: &Block, grounds: Grounds<'_>) -> bool {
    let nameless = grounds.facts.is("asset.named", &["false".to_owned()]) == Tri::True;
    nameless
        && block.unless.iter().all(|condition| match condition {
            Condition::Signal { .. } => condition.value(grounds) != Tri::True,
            Condition::Fact { name, .. } if name.starts_with("asset.") => true,
            Condition::Fact { .. } => condition.value(grounds) == Tri::False,
        })
}

/// The words of the answer.
fn answered(answer: Option<&Answered>) -> Option<Evidence> {
    Some(Evidence::Signal {
        signal: answer::SIGNAL.to_owned(),
        quote: answer?.quote.clone()?,
    })
}
