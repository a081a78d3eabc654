//! Properties of the codecs: what is written is read again, and rubbish breaks nothing.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use shouhu_exchange::Moment;
use shouhu_exchange::cap::{
    Alert, AlertReference, Area, Category, Certainty, Circle, Info, MsgType, Named, Resource, ResponseType, Scope, Severity,
    Status, Urgency,
};
use shouhu_ids::Micros;
use shouhu_place::Wgs84;

/// Text as people write it, with signs that XML minds; it has no blank ends, for those are not kept.
fn text() -> impl Strategy<Value = String> {
    "[臺a<&>\"'\\]][守 a-z0-9<&>\"'\\]]{0,20}[路。!]"
}

fn token() -> impl Strategy<Value = String> {
    "[A-Za-z0-9@.:-]{1,30}"
}

fn moment() -> impl Strategy<Value = Moment> {
    (0_i64..4_000_000_000, -720_i16..=840).prop_map(|(s, offset_min)| Moment { at: Micros(s * Micros::SECOND), offset_min })
}

fn place() -> impl Strategy<Value = Wgs84> {
    (-180.0..=180.0_f64, -90.0..=90.0_f64).prop_map(|(lon, lat)| Wgs84::new(lon, lat).unwrap())
}

fn named() -> impl Strategy<Value = Vec<Named>> {
    vec((text(), text()).prop_map(|(name, value)| Named { name, value }), 0..3)
}

fn area() -> impl Strategy<Value = Area> {
    let ring = vec(place(), 3..7).prop_map(|mut ring| {
        ring.extend(ring.first().copied());
        ring
    });
    let circle = (place(), 0.0..500.0_f64).prop_map(|(centre, radius_km)| Circle { centre, radius_km });
    (text(), vec(ring, 0..3), vec(circle, 0..3), named(), option::of(-100.0..9e4_f64), option::of(0.0..9e4_f64)).prop_map(
        |(description, polygons, circles, geocodes, altitude_ft, ceiling_ft)| Area {
            description,
            polygons,
            circles,
            geocodes,
            altitude_ft,
            ceiling_ft,
        },
    )
}

fn resource() -> impl Strategy<Value = Resource> {
    (
        text(),
        token(),
        option::of(any::<u64>()),
        option::of(token()),
        option::of("[A-Za-z0-9+/]{4,40}"),
        option::of("[0-9a-f]{40}"),
    )
        .prop_map(|(description, mime_type, size_bytes, uri, deref_uri, digest)| Resource {
            description,
            mime_type,
            size_bytes,
            uri,
            deref_uri,
            digest,
        })
}

fn info() -> impl Strategy<Value = Info> {
    let what = (
        select(vec!["zh-TW", "en-US"]),
        vec(select(Category::ALL), 1..4),
        text(),
        vec(select(ResponseType::ALL), 0..3),
        (select(Urgency::ALL), select(Severity::ALL), select(Certainty::ALL)),
        option::of(text()),
        named(),
        (option::of(moment()), option::of(moment()), option::of(moment())),
    );
    let words =
        (option::of(text()), option::of(text()), option::of(text()), option::of(text()), option::of(token()), option::of(text()));
    (what, words, named(), vec(resource(), 0..2), vec(area(), 0..3)).prop_map(|(what, words, parameters, resources, areas)| {
        let (language, categories, event, response_types, (urgency, severity, certainty), audience, event_codes, times) = what;
        let (sender_name, headline, description, instruction, web, contact) = words;
        let (effective, onset, expires) = times;
        Info {
            language: language.to_owned(),
            categories,
            event,
            response_types,
            urgency,
            severity,
            certainty,
            audience,
            event_codes,
            effective,
            onset,
            expires,
            sender_name,
            headline,
            description,
            instruction,
            web,
            contact,
            parameters,
            resources,
            areas,
        }
    })
}

fn alert() -> impl Strategy<Value = Alert> {
    let reference =
        (token(), token(), moment()).prop_map(|(sender, identifier, sent)| AlertReference { sender, identifier, sent });
    let head = (token(), token(), moment(), select(Status::ALL), select(MsgType::ALL), option::of(text()), select(Scope::ALL));
    let listed = "[a-z臺][a-z 臺]{0,10}[a-z臺]";
    let rest = (text(), vec(listed, 1..3), vec(token(), 0..3), option::of(text()), vec(reference, 1..3), vec(listed, 0..3));
    (head, rest, vec(info(), 0..3)).prop_map(|(head, rest, infos)| {
        let (identifier, sender, sent, status, msg_type, source, scope) = head;
        let (restriction, addresses, codes, note, references, incidents) = rest;
        let restriction = Some(restriction);
        Alert {
            identifier,
            sender,
            sent,
            status,
            msg_type,
            source,
            scope,
            restriction,
            addresses,
            codes,
            note,
            references,
            incidents,
            infos,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_warning_is_read_as_it_was_written(alert in alert()) {
        let written = alert.write();
        prop_assert_eq!(Alert::read(written.as_bytes()), Ok(alert), "{}", written);
    }

    #[test]
    fn a_mangled_warning_never_breaks_the_reader(at in 0_usize..3_500, cut in 0_usize..40, with in "[<>/&;a-zA-Z0-9 ,.\"!\\[-]{0,12}") {
        let sample = include_str!("samples/cap_typhoon.xml");
        let edge = |at: usize| (0..=at.min(sample.len())).rev().find(|at| sample.is_char_boundary(*at)).unwrap_or(0);
        let (from, to) = (edge(at), edge(at + cut));
        let mangled = format!("{}{with}{}", &sample[..from], &sample[to..]);
        if let Ok(alert) = Alert::read(mangled.as_bytes()) {
            prop_assert_eq!(Alert::read(alert.write().as_bytes()), Ok(alert));
        }
    }
}
