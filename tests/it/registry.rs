//! The tables: what is read, what is told about a broken one, and what stays unknown.

use std::collections::BTreeMap;

use guichet::registry::lifecycle::State;
use guichet::registry::{Ignorance, Lookup, Registry, Settings, Source, Table, Tri};
use jiff::civil::Date;

const TODAY: Date = Date::constant(2026, 11, 23);

fn source<'a>(table: Table, text: &'a [u8]) -> Source<'a> {
    Source {
        table,
        file: "t.csv",
        bytes: text,
        exported_on: Some(Date::constant(2026, 11, 20)),
        columns: BTreeMap::new(),
        values: BTreeMap::new(),
    }
}

fn load(table: Table, text: &str) -> Registry {
    Registry::load(&[source(table, text.as_bytes())], &Settings::default()).unwrap()
}

fn told(table: Table, text: &str) -> String {
    let error = Registry::load(&[source(table, text.as_bytes())], &Settings::default());
    error.unwrap_err().to_string()
}

#[test]
fn every_mistake_in_a_table_is_told_with_file_line_and_column() {
    for (table, text, message) in [
        (
            Table::People,
            "",
            "t.csv, line 1: expected a header line with the column `email`, but the file is empty",
        ),
        (
            Table::People,
            "mail,name\na@b.example,A",
            "t.csv, line 1: expected a column `email`, but found mail, name",
        ),
        (
            Table::People,
            "email,name,Email\n",
            "t.csv, line 1: expected the column `email` once, but found it twice",
        ),
        (
            Table::People,
            "email,name\na@b.example,A\nb@b.example\n",
            "t.csv, line 3: expected 2 cells, but found 1",
        ),
        (
            Table::People,
            "email,status\n,phd\n",
            "t.csv, line 2, column `email`: expected a value, but found nothing",
        ),
        (
            Table::People,
            "email,status\nnobody,phd\n",
            "t.csv, line 2, column `email`: expected an address, but found `nobody`",
        ),
        (
            Table::People,
            "email,status\na@b.example,boss\n",
            "t.csv, line 2, column `status`: expected permanent, fixed_term, phd, hosted, \
             emeritus, intern, visitor, external, or nothing, but found `boss`",
        ),
        (
            Table::Visitors,
            "email,from,until\na@b.example,soon,\n",
            "t.csv, line 2, column `from`: expected a date such as 2026-11-20 or 20/11/2026, but \
             found `soon`",
        ),
        (
            Table::Visitors,
            "email,from,until\na@b.example,2026-11-20,2026-11-19\n",
            "t.csv, line 2, column `until`: expected a day not before `from`, but found \
             `2026-11-19`",
        ),
        (
            Table::Assets,
            "tag,purchase\n2026-00001,lease\n",
            "t.csv, line 2, column `purchase`: expected it, unit, private, or nothing, but found \
             `lease`",
        ),
        (
            Table::Assets,
            "tag,extended_support\n2026-00001,maybe\n",
            "t.csv, line 2, column `extended_support`: expected yes, no, or nothing, but found \
             `maybe`",
        ),
        (
            Table::Assets,
            "tag,last_seen\n2026-00001,hier\n",
            "t.csv, line 2, column `last_seen`: expected a date, export, or nothing, but found \
             `hier`",
        ),
        (
            Table::Software,
            "name,status\nZotero,good\n",
            "t.csv, line 2, column `status`: expected approved, tolerated, forbidden, or \
             nothing, but found `good`",
        ),
        (
            Table::Lifecycle,
            "product,release,extended_until\nwindows,7,later\n",
            "t.csv, line 2, column `extended_until`: expected a date, none, or nothing, but \
             found `later`",
        ),
        (
            Table::SharedSystems,
            "name,people\ncopieur,beaucoup\n",
            "t.csv, line 2, column `people`: expected a number of people, but found `beaucoup`",
        ),
        (
            Table::People,
            "\u{feff}email;status\na@b.example;boss\n",
            "t.csv, line 2, column `status`: expected permanent, fixed_term, phd, hosted, \
             emeritus, intern, visitor, external, or nothing, but found `boss`",
        ),
    ] {
        assert_eq!(told(table, text), message);
    }
}

#[test]
fn mistakes_around_a_table_are_told() {
    let mut mapped = source(Table::People, b"email\n");
    mapped
        .columns
        .insert("mail".to_owned(), "courriel".to_owned());
    assert_eq!(
        Registry::load(&[mapped], &Settings::default())
            .unwrap_err()
            .to_string(),
        "t.csv: expected one of email, aliases, name, status, team, language, until as a column \
         to be mapped, but found `mail`"
    );
    let wide = source(Table::People, b"\xff\xfee\0m\0");
    assert_eq!(
        Registry::load(&[wide], &Settings::default())
            .unwrap_err()
            .to_string(),
        "t.csv: expected text in UTF-8 or Windows-1252, but found UTF-16"
    );
    let settings = Settings {
        inventory: vec!["(".to_owned()],
        ..Settings::default()
    };
    assert_eq!(
        Registry::load(&[], &settings).unwrap_err().to_string(),
        "expected a regular expression for inventory numbers, but found `(`"
    );
}

#[test]
fn a_french_export_is_read_as_it_is() {
    let mut export = source(
        Table::People,
        b"Courriel;Nom;Statut;Fin\r\nA@B.example;H\xe9l\xe8ne;Contractuel;31/12/2026\r\n",
    );
    for (ours, theirs) in [
        ("email", "courriel"),
        ("name", "nom"),
        ("status", "statut"),
        ("until", "fin"),
    ] {
        export.columns.insert(ours.to_owned(), theirs.to_owned());
    }
    let registry = Registry::load(&[export], &Settings::default()).unwrap();
    let Lookup::Found(person, place) = registry.person("a@b.EXAMPLE", TODAY) else {
        panic!("the person is not found");
    };
    assert_eq!(person.name.as_deref(), Some("Hélène"));
    assert_eq!(person.status_on(TODAY).unwrap().as_str(), "fixed_term");
    assert_eq!(person.status_on(Date::constant(2027, 1, 1)), None);
    assert_eq!((place.table, place.line), (Table::People, 2));
}

#[test]
fn an_old_table_or_one_of_unknown_age_knows_nothing() {
    let text = b"email\na@b.example\n";
    for (exported_on, known) in [
        (Some(Date::constant(2026, 10, 24)), true),
        (Some(Date::constant(2026, 10, 23)), false),
        (Some(Date::constant(2026, 11, 24)), true),
        (Some(Date::constant(2026, 11, 26)), false),
        (None, false),
    ] {
        let source = Source {
            exported_on,
            ..source(Table::People, text)
        };
        let registry = Registry::load(&[source], &Settings::default()).unwrap();
        let here = registry.person("a@b.example", TODAY).tri();
        let absent = registry.person("c@b.example", TODAY).tri();
        let expected = if known {
            (Tri::True, Tri::False)
        } else {
            (Tri::Unknown, Tri::Unknown)
        };
        assert_eq!((here, absent), expected, "{exported_on:?}");
    }
    let empty = Registry::load(&[], &Settings::default()).unwrap();
    assert_eq!(
        empty.person("a@b.example", TODAY),
        Lookup::Unknown(Ignorance::NoTable)
    );
}

#[test]
fn a_visitor_is_listed_only_between_two_known_days() {
    let registry = load(
        Table::Visitors,
        "email,from,until\n\
         now@v.example,2026-11-01,2026-11-23\n\
         past@v.example,2026-11-01,2026-11-22\n\
         open@v.example,2026-11-01,\n\
         twice@v.example,2026-01-01,2026-02-01\n\
         twice@v.example,2026-11-20,2026-12-01\n",
    );
    let listed = |email| registry.visitor(email, TODAY).tri();
    assert_eq!(listed("now@v.example"), Tri::True);
    assert_eq!(listed("past@v.example"), Tri::False);
    assert_eq!(listed("open@v.example"), Tri::Unknown);
    assert_eq!(listed("twice@v.example"), Tri::True);
    assert_eq!(listed("other@v.example"), Tri::False);
}

#[test]
fn a_machine_is_found_by_any_of_its_keys_and_twins_by_none() {
    let registry = load(
        Table::Assets,
        "tag,serial,hostname\n2026-00001,SN123456,pc-bio-12\n2026-00002,SAME0001,\n2026-00003,SAME0001,\n",
    );
    for key in ["2026-00001", "2026/00001", "sn123456", "PC-BIO-12"] {
        assert_eq!(registry.asset_by_key(key, TODAY).tri(), Tri::True, "{key}");
    }
    assert_eq!(
        registry.asset_by_key("SAME0001", TODAY),
        Lookup::Unknown(Ignorance::Ambiguous)
    );
    assert_eq!(registry.asset_by_key("2026-00009", TODAY), Lookup::Absent);
}

/// The state of one machine under a small life cycle.
fn state(asset: &str) -> Option<State> {
    let assets =
        format!("tag,os,os_release,os_edition,extended_support,exemption\n2026-00001,{asset}\n");
    let lifecycle = "product,release,edition,end_of_support,extended_until,aliases\n\
        windows,7,,2020-01-14,2023-01-10,win7\n\
        windows,10 22H2,,2025-10-14,2028-10-10,\n\
        windows,11 24H2,Home;Pro,2026-10-13,none,\n\
        windows,11 24H2,Education,2027-10-12,none,\n\
        windows,8.1,,2023-01-10,,\n\
        macos,13,,2025-09-15,none,ventura\n\
        windows,11 22H2,Pro,2024-10-08,none,\n\
        windows,xp,all,2014-04-08,none,\n";
    let registry = Registry::load(
        &[
            source(Table::Assets, assets.as_bytes()),
            source(Table::Lifecycle, lifecycle.as_bytes()),
        ],
        &Settings::default(),
    )
    .unwrap();
    let Lookup::Found(asset, _) = registry.asset_by_key("2026-00001", TODAY) else {
        panic!("the machine is not found");
    };
    registry
        .lifecycle(asset, TODAY)
        .found()
        .map(|(support, _)| support.state)
}

#[test]
fn only_what_is_certain_has_ended() {
    for (asset, expected, why) in [
        ("windows,7,Pro,no,", Some(State::Ended), "not enrolled"),
        ("windows,7,,no,", None, "it might be an edition apart"),
        (
            "windows,xp,,no,",
            Some(State::Ended),
            "every edition has ended",
        ),
        (
            "windows,xp,LTSC,no,",
            Some(State::Ended),
            "those apart, too",
        ),
        (
            "macos,13,Education,,",
            Some(State::Ended),
            "no editions here",
        ),
        (
            "windows,7,Pro,,",
            Some(State::Ended),
            "the extension has ended, too",
        ),
        (
            "windows,7 SP1,Pro,no,",
            Some(State::Ended),
            "a service pack",
        ),
        ("win7,,Pro,no,", Some(State::Ended), "an alias"),
        ("windows,7,Pro,no,instrument", Some(State::Exempt), "exempt"),
        (
            "windows,7,LTSC,no,",
            None,
            "an edition with its own calendar",
        ),
        (
            "windows,10 22H2,Pro,yes,",
            Some(State::Extended),
            "enrolled",
        ),
        (
            "windows,10 22H2,Pro,no,",
            Some(State::Ended),
            "not enrolled",
        ),
        (
            "windows,10 22H2,Pro,,",
            None,
            "nobody knows whether it is enrolled",
        ),
        ("windows,11 24H2,Pro,no,", Some(State::Grace), "41 days ago"),
        (
            "windows,11 24H2,Professionnel,,",
            Some(State::Grace),
            "41 days ago",
        ),
        (
            "windows,11 24H2,Education,no,",
            Some(State::Supported),
            "until 2027",
        ),
        ("windows,11 24H2,,no,", None, "the editions differ"),
        (
            "windows,11 24H2,Enterprise,no,",
            None,
            "no line for the edition",
        ),
        ("windows,8.1,Pro,,", None, "the extension is not known"),
        (
            "windows,8.1,Pro,no,",
            Some(State::Ended),
            "not enrolled, whatever the extension",
        ),
        (
            "windows,11 22H2,,no,",
            None,
            "one edition says nothing about all",
        ),
        ("ventura,,,no,", Some(State::Ended), "an alias"),
        ("windows,11 25H2,Pro,no,", None, "not in the table"),
        (",,,,", None, "no system at all"),
    ] {
        assert_eq!(state(asset), expected, "{asset}: {why}");
    }
}

#[test]
fn names_of_shared_systems_and_software_are_found_in_sentences() {
    let systems = load(
        Table::SharedSystems,
        "name,aliases,people\ncopieur-3e,copieur du 3e étage,25\ncluster,,60\n",
    );
    let words: Vec<&str> = "le copieur du 3e etage et le cluster".split(' ').collect();
    let Lookup::Found(system, place) = systems.shared_system(&words, TODAY) else {
        panic!("the system is not found");
    };
    assert_eq!((system.people, place.line), (Some(60), 3));
    let software = load(
        Table::Software,
        "name,status\nZotero,approved\nCCleaner,forbidden\n",
    );
    let words: Vec<&str> = "zotero et ccleaner".split(' ').collect();
    let named = software.software(&words, TODAY);
    assert_eq!(named[0].0.name, "CCleaner");
    assert_eq!(named.len(), 2);
}

#[test]
fn exports_of_other_tools_drop_in_unchanged() {
    // Every cell quoted, a delimiter too many, columns nobody asked for, day and time in one.
    let mut export = source(
        Table::Assets,
        "\"Nom\";\"Numéro d'inventaire\";\"Numéro de série\";\"Usager\";\"Fournisseur\";\"Système d'exploitation - Nom\";\"Système d'exploitation - Version\";\"Dernière date d'inventaire\";\n\
         \"PC-BIO-17\";\"2024-00417\";\"5CG4120KXY\";\"PERRIN Luc\";\"UGAP\";\"Microsoft Windows 10 Professionnel\";\"22H2\";\"2026-11-18 09:12\";\n\
         \"MAC-3\";\"2024-00418\";\"C02XK1\";\"\";\"Amazon\";\"macOS\";\"13.6.1 (22G313)\";\"18-11-2026 07:00:01\";\n"
            .as_bytes(),
    );
    for (ours, theirs) in [
        ("hostname", "Nom"),
        ("tag", "Numéro d'inventaire"),
        ("serial", "Numéro de série"),
        ("owner", "Usager"),
        ("purchase", "Fournisseur"),
        ("os", "Système d'exploitation - Nom"),
        ("os_release", "Système d'exploitation - Version"),
        ("last_seen", "Dernière date d'inventaire"),
    ] {
        export.columns.insert(ours.to_owned(), theirs.to_owned());
    }
    let words = [("UGAP", "it"), ("*", "unknown")];
    let words = words.map(|(site, ours)| (site.to_owned(), ours.to_owned()));
    export
        .values
        .insert("purchase".to_owned(), BTreeMap::from(words));
    let lifecycle = "product,release,edition,end_of_support,extended_until,aliases\n\
        windows,10 22H2,Home;Pro;Education,2025-10-14,none,\n\
        windows,10 LTSC 2021,,2027-01-12,none,\n\
        macos,13,,2025-09-15,none,macos 13.*\n";
    let mut people = source(
        Table::People,
        "Courriel;Corps;Nom\nluc@univ.example;Maître de conférences;Luc Perrin\nx@univ.example;;X\n".as_bytes(),
    );
    for (ours, theirs) in [("email", "Courriel"), ("status", "Corps"), ("name", "Nom")] {
        people.columns.insert(ours.to_owned(), theirs.to_owned());
    }
    let words = BTreeMap::from([("maitre de conferences".to_owned(), "permanent".to_owned())]);
    people.values.insert("status".to_owned(), words);
    let sources = [
        export,
        people,
        source(Table::Lifecycle, lifecycle.as_bytes()),
    ];
    let registry = Registry::load(&sources, &Settings::default()).unwrap();
    let find = |key| match registry.asset_by_key(key, TODAY) {
        Lookup::Found(asset, _) => asset,
        other => panic!("{key}: {other:?}"),
    };
    let pc = find("pc-bio-17");
    assert_eq!(pc.purchase, Some(guichet::registry::assets::Purchase::It));
    assert_eq!(pc.last_seen, Some(Date::constant(2026, 11, 18)));
    let mac = find("C02XK1");
    assert_eq!(
        (mac.purchase, mac.last_seen),
        (None, Some(Date::constant(2026, 11, 18)))
    );
    let release = |asset| match registry.lifecycle(asset, TODAY) {
        Lookup::Found(support, _) => Some(support.release),
        _ => None,
    };
    // Without a column for exemptions nothing has ended for certain.
    assert_eq!((release(pc), release(mac)), (None, None));
    let Lookup::Found(luc, _) = registry.person("luc@univ.example", TODAY) else {
        panic!("the person is not found");
    };
    assert_eq!(luc.status_on(TODAY).unwrap().as_str(), "permanent");
    assert_eq!(registry.only_asset_of(luc, TODAY).tri(), Tri::True);
}

#[test]
fn systems_are_read_as_inventories_write_them() {
    for (asset, expected, why) in [
        (
            "Microsoft Windows 10 Professionnel,22H2,,no,",
            Some(State::Ended),
            "maker and edition",
        ),
        (
            "Microsoft Windows 10 Entreprise LTSC,22H2,,no,",
            None,
            "a calendar of its own",
        ),
        (
            "Microsoft Windows 7 Professionnel,sp1,,no,",
            Some(State::Ended),
            "and a service pack",
        ),
        (
            "Microsoft Windows 11 Professionnel,10.0.22631,,no,",
            None,
            "a build is no release",
        ),
        ("Windows,10.0.22631,,no,", None, "a build of 11 is not 10"),
        (
            "Microsoft Windows 11 Professionnel,24H2,Education,no,",
            Some(State::Supported),
            "the cell wins",
        ),
        (
            "Microsoft Windows 8.1 Professionnel,,,no,",
            Some(State::Ended),
            "8.1 is not 8",
        ),
        (
            "macOS,13.6.1 (22G313),,,",
            None,
            "no alias names what follows",
        ),
    ] {
        assert_eq!(state(asset), expected, "{asset}: {why}");
    }
}

#[test]
fn releases_without_dates_are_read_by_their_order() {
    let lifecycle = "product,release,edition,end_of_support,extended_until,aliases\n\
        macos,newest 3,,,,\n\
        macos,26,,,none,\n\
        macos,15,,,none,\n\
        macos,14,,2026-09-15,none,\n\
        macos,13,,2025-09-15,none,macos 13.*\n\
        macos,12,,2024-09-16,none,\n\
        macos,11,,2026-10-02,none,\n\
        windows,11 22H2,,2024-10-08,none,\n";
    let state = |release: &str| {
        let assets = format!(
            "tag,os,os_release,extended_support,exemption\n2026-00001,macOS,{release},no,\n"
        );
        let registry = Registry::load(
            &[
                source(Table::Assets, assets.as_bytes()),
                source(Table::Lifecycle, lifecycle.as_bytes()),
            ],
            &Settings::default(),
        )
        .unwrap();
        let Lookup::Found(asset, _) = registry.asset_by_key("2026-00001", TODAY) else {
            panic!("the machine is not found");
        };
        let found = registry.lifecycle(asset, TODAY);
        found
            .found()
            .map(|(support, _)| (support.state, support.end))
    };
    assert_eq!(state("26"), Some((State::Supported, None)));
    // The date has passed, but the release is still one of the three newest.
    assert_eq!(state("14"), Some((State::Supported, None)));
    let ended = |year, month, day| Some((State::Ended, Some(Date::constant(year, month, day))));
    assert_eq!(state("13.6.1 (22G313)"), ended(2025, 9, 15));
    assert_eq!(state("12"), ended(2024, 9, 16));
    // One late update of 11 does not make it outlive 12.
    assert_eq!(state("11"), ended(2024, 9, 16));
    assert_eq!(
        told(Table::Lifecycle, "product,release\nmacos,newest few\n"),
        "t.csv, line 2, column `release`: expected a release, or `newest` and a number, but found `newest few`"
    );
}
