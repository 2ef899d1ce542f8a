//! The page that goes with a letter.

use super::pdf;
use super::sheet::{About, clause_names, sheet};
use super::words::pick;
use crate::compose::bulletin::tongue;
use crate::compose::headline;
use crate::compose::mime::Enclosed;
use crate::compose::notice_letter::Desk;
use crate::notice::{Bulletin, House, Weekly};

/// What goes with a bulletin: the chart sheet with the figures of a week, nothing with any other.
#[must_use]
pub fn enclosed(bulletin: &Bulletin, desk: Desk<'_>) -> Vec<Enclosed> {
    match &bulletin.about {
        House::Weekly(weekly) => vec![weekly_sheet(weekly, bulletin, desk)],
        House::Season { .. } | House::Alarm { .. } | House::Digest(_) => Vec::new(),
    }
}

fn weekly_sheet(weekly: &Weekly, bulletin: &Bulletin, desk: Desk<'_>) -> Enclosed {
    let tongue = tongue(bulletin);
    let week = &weekly.week;
    let usual = weekly.usual(|figures| figures.requests);
    let scene = sheet(About {
        headline: &headline::week(week.requests, week.span, usual, tongue),
        service: &desk.identity.service,
        figures: &weekly.five,
        clauses: &clause_names(desk.card, tongue),
        tongue,
    });
    let iso = week.span.first.iso_week_date();
    let (year, number) = (iso.year(), iso.week());
    Enclosed {
        index: 0,
        name: pick(
            tongue,
            format!("indicateurs-{year}-S{number:02}.pdf"),
            format!("figures-{year}-W{number:02}.pdf"),
        ),
        media_type: "application/pdf".to_owned(),
        bytes: pdf::pdf(&scene).into(),
    }
}
