//! The second half of the page: machines and contracts, categories, levels, priorities.

use super::Sheet;
use crate::cli::policy::wording::{self, of};
use crate::compose::template::Tongue;
use crate::policy::level::Axis;
use crate::registry::assets;

impl Sheet<'_> {
    pub(super) fn machines(&mut self) {
        self.page.heading(self.say(
            "MACHINES — marchés, exemptions, délais",
            "MACHINES — contracts, exemptions, delays",
        ));
        let reading = self.card.registry_settings().reading;
        self.page
            .paragraph("- ", wording::reading(reading, self.tongue));
        let [contracts, none, exempt] =
            [assets::CONTRACTS, assets::NO_CONTRACT, assets::EXEMPTIONS].map(|w| w.join(", "));
        let lines = match self.tongue {
            Tongue::Fr => [
                format!(
                    "marchés reconnus (début de la colonne « market » de l'inventaire) : {contracts}"
                ),
                format!(
                    "mots qui disent « hors de tout marché » : {none} ; tout autre mot est un autre marché, et laisse un doute"
                ),
                format!(
                    "exemptions (colonne « exemption ») : tout mot exempte, par exemple {exempt} ; une case vide dit qu'il n'y en a pas"
                ),
            ],
            Tongue::En => [
                format!(
                    "contracts that count (beginning of the inventory's column `market`): {contracts}"
                ),
                format!(
                    "words that say “outside any contract”: {none}; any other word is another contract, and leaves a doubt"
                ),
                format!(
                    "exemptions (column `exemption`): any word exempts, such as {exempt}; an empty cell says that there is none"
                ),
            ],
        };
        for line in lines.into_iter().chain(self.delays()) {
            self.page.paragraph("- ", &line);
        }
    }

    fn delays(&self) -> [String; 3] {
        let settings = self.card.registry_settings();
        let (age, grace) = (settings.max_age_days, settings.grace_days);
        let apart = settings.editions_apart.join(", ");
        match self.tongue {
            Tongue::Fr => [
                format!(
                    "une table de plus de {age} jours, ou une machine qui n'a pas été vue depuis {age} jours, ne compte plus"
                ),
                format!(
                    "{grace} jours de grâce après la fin de maintenance d'un système : signalé, pas refusé"
                ),
                format!("éditions qui ont leur propre calendrier : {apart}"),
            ],
            Tongue::En => [
                format!(
                    "a table of more than {age} days, or a machine not seen for {age} days, no longer counts"
                ),
                format!(
                    "{grace} days of grace after the end of a system's support: flagged, not refused"
                ),
                format!("editions with a calendar of their own: {apart}"),
            ],
        }
    }

    pub(super) fn categories(&mut self) {
        self.page.heading(self.say(
            "CATÉGORIES — rien n'est refusé pour une catégorie",
            "CATEGORIES — nothing is refused for a category",
        ));
        for rule in self.card.categories() {
            let name = wording::category(rule.category, self.tongue);
            let terms = rule.terms.len();
            if terms == 0 {
                continue;
            }
            let line = match self.tongue {
                Tongue::Fr => format!("{name} : {terms} expressions"),
                Tongue::En => format!("{name}: {terms} expressions"),
            };
            self.page.paragraph("- ", &line);
            if self.words {
                self.patterns(name, &rule.terms, &rule.weights, &rule.except);
            }
        }
        let rest = self.say(
            "le reste : « autre », ou « poste de travail » si le message désigne une machine",
            "the rest: “other”, or “workstation” if the letter names a machine",
        );
        self.page.paragraph("- ", rest);
    }

    pub(super) fn levels(&mut self) {
        self.axis(Axis::Criticality);
        let rest = self.without_sign();
        self.page.paragraph("-  ", &rest);
        if self.words {
            let engine = self.card.engine();
            for at in [engine.fault_signal, engine.request_signal] {
                if let Some(signal) = self.card.signals().get(at) {
                    let says = signal.says.as_ref();
                    let says = says.map_or(signal.id.as_str(), |says| of(says, self.tongue));
                    self.patterns(says, &signal.any, &[], &signal.except);
                }
            }
        }
        self.axis(Axis::Mutualisation);
        let rest = self.shared_systems();
        self.page.paragraph("-  ", &rest);
    }

    fn axis(&mut self, axis: Axis) {
        let (fr, en) = match axis {
            Axis::Criticality => ("CRITICITÉ — la gravité", "CRITICALITY — how bad"),
            Axis::Mutualisation => (
                "MUTUALISATION — combien de personnes",
                "MUTUALISATION — how many people",
            ),
        };
        self.page.heading(self.say(fr, en));
        for rule in self.card.levels().iter().filter(|rule| rule.axis == axis) {
            let says = rule.says.as_ref().map_or("", |says| of(says, self.tongue));
            self.page.paragraph(&format!("{}  ", rule.set), says);
            if self.words {
                self.patterns(says, &rule.any, &[], &rule.except);
            }
        }
    }

    fn without_sign(&self) -> String {
        let engine = self.card.engine();
        let (incident, request) = (engine.incident, engine.request);
        let stopped = engine.ask_off_at_criticality;
        match self.tongue {
            Tongue::Fr => format!(
                "sans autre indication : {incident} pour une panne, {request} pour une demande ; à partir de {stopped}, aucune question ne retarde et aucun refus ne repose sur les mots seuls"
            ),
            Tongue::En => format!(
                "without any other sign: {incident} for a fault, {request} for a request; from {stopped} on no question delays and no refusal rests on words alone"
            ),
        }
    }

    fn shared_systems(&self) -> String {
        let [two, three, four] = self.card.engine().people;
        let default = self.card.engine().mutualisation;
        match self.tongue {
            Tongue::Fr => format!(
                "un système partagé de la liste compte selon ses utilisateurs : 2 à partir de {two}, 3 à partir de {three}, 4 à partir de {four} ; sans autre indication : {default}"
            ),
            Tongue::En => format!(
                "a listed shared system counts by its users: 2 from {two}, 3 from {three}, 4 from {four}; without any other sign: {default}"
            ),
        }
    }

    pub(super) fn matrix(&mut self) {
        self.page.heading(self.say(
            "PRIORITÉ — P1 est traitée la première",
            "PRIORITY — P1 comes first",
        ));
        let title = self.say(
            "mutualisation →      1    2    3    4",
            "mutualisation →      1    2    3    4",
        );
        self.page.verbatim("", title);
        for criticality in (1..=4).rev() {
            let row = (1..=4).map(|m| self.card.matrix().priority(criticality, m).as_str());
            let word = self.say("criticité", "criticality");
            let name = format!("{word} {criticality}");
            let line = format!(
                "{name:<19}{}",
                row.map(|p| format!("{p:>5}")).collect::<String>()
            );
            self.page.verbatim("", &line);
        }
        self.page.blank();
        let major = self.say(
            "P0, l'incident majeur, est décidé par un technicien.",
            "P0, a major incident, is a technician's decision.",
        );
        self.page.paragraph("", major);
    }
}
