//! How urgent a ticket is: criticality × mutualisation → [`Priority`].
//!
//! Criticality (1 to 4) says how bad it is for whoever is hit, mutualisation (1 to 4) how many
//! are hit. The [`Matrix`] joins them and is monotone: a worse problem, or one that hits more
//! people, never gets a later turn. [`Priority::P0`] stands outside the matrix and is given by a
//! technician only.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The five kinds of request.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Printers, copiers, scanners, plotters.
    Printing,
    /// Wired and wireless network, VPN, shares and servers.
    Network,
    /// A computer and what is plugged into it.
    Workstation,
    /// Programs: to install, to license, to repair.
    Software,
    /// Everything else; every letter has a category.
    #[default]
    Other,
}

impl Category {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 5] = [
        Self::Printing,
        Self::Network,
        Self::Workstation,
        Self::Software,
        Self::Other,
    ];

    /// The word used in cards, commands and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Printing => "printing",
            Self::Network => "network",
            Self::Workstation => "workstation",
            Self::Software => "software",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names nothing of its list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected one of {expected}, but found `{found}`")]
pub struct UnknownWord {
    /// The words that are known.
    pub expected: &'static str,
    /// The word met.
    pub found: String,
}

impl FromStr for Category {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|category| category.as_str() == word)
            .ok_or_else(|| UnknownWord {
                expected: "printing, network, workstation, software, other",
                found: word.to_owned(),
            })
    }
}

/// A place in the queue: `P1` is first, `P5` last. `P0`, a major incident, is set by a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Priority {
    /// Major incident; a technician's word only.
    P0,
    /// First.
    P1,
    /// Second.
    P2,
    /// Third.
    P3,
    /// Fourth.
    P4,
    /// Last.
    P5,
}

impl Priority {
    /// All of them, most urgent first.
    pub const ALL: [Self; 6] = [Self::P0, Self::P1, Self::P2, Self::P3, Self::P4, Self::P5];

    /// `P0` … `P5`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::P0 => "P0",
            Self::P1 => "P1",
            Self::P2 => "P2",
            Self::P3 => "P3",
            Self::P4 => "P4",
            Self::P5 => "P5",
        }
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Priority {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        Self::ALL
            .into_iter()
            .find(|priority| priority.as_str().eq_ignore_ascii_case(word))
            .ok_or_else(|| UnknownWord {
                expected: "P0, P1, P2, P3, P4, P5",
                found: word.to_owned(),
            })
    }
}

/// The table criticality × mutualisation → priority. It cannot be made without being monotone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Matrix {
    rows: [[Priority; 4]; 4],
}

/// Why a table is no [`Matrix`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MatrixError {
    /// P0 is not for tables.
    #[error(
        "expected P1 to P5 at criticality {criticality}, mutualisation {mutualisation}, but found P0, which only a technician gives"
    )]
    Major {
        /// Row, 1 to 4.
        criticality: u8,
        /// Column, 1 to 4.
        mutualisation: u8,
    },
    /// A worse case would wait longer.
    #[error(
        "expected a table that never makes the worse case wait longer, but found {later} at criticality {criticality}, mutualisation {mutualisation} after {sooner} for a lesser case"
    )]
    NotMonotone {
        /// Row, 1 to 4.
        criticality: u8,
        /// Column, 1 to 4.
        mutualisation: u8,
        /// The later turn of the worse case.
        later: Priority,
        /// The sooner turn of the lesser case.
        sooner: Priority,
    },
}

impl Matrix {
    /// Takes rows for criticality 1 to 4, each with columns for mutualisation 1 to 4.
    ///
    /// # Errors
    /// If a cell holds `P0`, or a worse case would get a later turn than a lesser one.
    pub fn new(rows: [[Priority; 4]; 4]) -> Result<Self, MatrixError> {
        let matrix = Self { rows };
        for criticality in 1..=4 {
            for mutualisation in 1..=4 {
                let here = matrix.priority(criticality, mutualisation);
                if here == Priority::P0 {
                    return Err(MatrixError::Major {
                        criticality,
                        mutualisation,
                    });
                }
                let lesser = [
                    (criticality.saturating_sub(1), mutualisation),
                    (criticality, mutualisation.saturating_sub(1)),
                ];
                for (c, m) in lesser.into_iter().filter(|(c, m)| *c > 0 && *m > 0) {
                    let sooner = matrix.priority(c, m);
                    if here > sooner {
                        return Err(MatrixError::NotMonotone {
                            criticality,
                            mutualisation,
                            later: here,
                            sooner,
                        });
                    }
                }
            }
        }
        Ok(matrix)
    }

    /// The priority of a case. Levels outside 1 to 4 count as the nearest of them.
    #[must_use]
    pub fn priority(&self, criticality: u8, mutualisation: u8) -> Priority {
        let row = usize::from(criticality.clamp(1, 4)) - 1;
        let column = usize::from(mutualisation.clamp(1, 4)) - 1;
        self.rows
            .get(row)
            .and_then(|cells| cells.get(column))
            .copied()
            .unwrap_or(Priority::P3)
    }
}

impl Default for Matrix {
    /// The matrix of the shipped service card.
    fn default() -> Self {
        use Priority::{P1, P2, P3, P4, P5};
        Self {
            rows: [
                [P5, P4, P4, P3],
                [P4, P3, P3, P2],
                [P3, P2, P2, P1],
                [P2, P2, P1, P1],
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_matrix_is_monotone() {
        assert_eq!(Matrix::new(Matrix::default().rows), Ok(Matrix::default()));
    }

    #[test]
    fn a_matrix_that_makes_the_worse_case_wait_is_refused() {
        let mut rows = Matrix::default().rows;
        rows[3][3] = Priority::P4;
        let error = Matrix::new(rows).unwrap_err();
        assert_eq!(
            error.to_string(),
            "expected a table that never makes the worse case wait longer, but found P4 at \
             criticality 4, mutualisation 4 after P1 for a lesser case"
        );
    }

    #[test]
    fn p0_is_not_for_tables() {
        let mut rows = Matrix::default().rows;
        rows[3][3] = Priority::P0;
        assert!(matches!(Matrix::new(rows), Err(MatrixError::Major { .. })));
    }

    #[test]
    fn words_read_back_as_what_they_name() {
        for category in Category::ALL {
            assert_eq!(category.as_str().parse(), Ok(category));
        }
        for priority in Priority::ALL {
            assert_eq!(priority.as_str().to_lowercase().parse(), Ok(priority));
        }
        assert_eq!(
            "wifi".parse::<Category>().unwrap_err().to_string(),
            "expected one of printing, network, workstation, software, other, but found `wifi`"
        );
    }
}
