//! The chart sheet: one A4 page that says how the service is doing.
//!
//! In: [`Figures`](crate::figures::Figures) and who speaks in which language. Out: a [`Scene`] of
//! rectangles, lines and words ([`sheet`]), which becomes a PDF ([`pdf`]) or an SVG ([`svg`]). The
//! same figures make the same bytes: no clock, no chance, no compression.
//!
//! Rules of the drawing. A title says what the chart shows, in words. Every axis of amounts begins
//! at zero. Series carry their names beside them, there are no legends. The inks differ in
//! lightness and not only in hue, so that the page survives a grey printer and red-green
//! blindness. Fewer than three points are words, not a chart.
//!
//! The letters are Helvetica, which every PDF reader brings (ISO 32000-1 §9.6.2.2), in the
//! Windows-1252 encoding; nothing is embedded. Not handled: other scripts (a service whose name
//! needs one sees `?`), PDF/A, tagging for screen readers (the letter's text says the same).

pub mod enclosure;
pub mod font;
mod panel;
pub mod pdf;
mod plot;
pub mod scene;
pub mod sheet;
pub mod svg;
mod words;

pub use scene::Scene;
