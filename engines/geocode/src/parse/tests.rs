use super::*;
use crate::address::Spot;

fn told(text: &str) -> String {
    let parsed = parse(text, &Lexicon::default());
    let spot = match &parsed.address.spot {
        Spot::Area => "area",
        Spot::Road { .. } => "road",
        Spot::Door { .. } => "door",
        Spot::Crossing { .. } => "crossing",
        Spot::Mark { .. } => "mark",
        Spot::Landmark { .. } => "landmark",
        Spot::Pole { .. } => "pole",
    };
    format!("{spot} {}", parsed.address)
}

#[test]
fn addresses_are_read_as_police_write_them() {
    for (text, expected) in [
        ("臺南市北區和緯路五段274號東側", "door 臺南市北區和緯路五段274號"),
        ("台南市 北區 和緯路５段 ２７４ 號", "door 臺南市北區和緯路五段274號"),
        ("臺南市安定區港南里港口167號前0.0公尺", "door 臺南市安定區港南里港口167號"),
        ("臺南市安定區嘉同里六塊寮1之3號", "door 臺南市安定區嘉同里六塊寮1之3號"),
        ("臺南市西港區營西里455號前", "door 臺南市西港區營西里455號"),
        ("臺南市東區小東路口 / 臺南市東區莊敬路口", "crossing 臺南市東區小東路與莊敬路口"),
        ("臺南市安平區國平路與府平路（口）", "crossing 臺南市安平區國平路與府平路口"),
        ("臺南市安平區安平路、安平路40巷", "crossing 臺南市安平區安平路40巷口"),
        ("臺南市安南區安和路1段52巷口", "crossing 臺南市安南區安和路一段52巷口"),
        ("臺南市永康區復國一路586巷與復華10街45巷", "crossing 臺南市永康區復國一路586巷與復華十街45巷口"),
        ("臺南市東山區科里里南99線、南102線路口", "crossing 臺南市東山區科里里南99線與南102線口"),
        ("臺南市佳里區台19線 121公里750.0公尺處口", "mark 臺南市佳里區台19線121公里750公尺"),
        ("臺南市新市區南133 300.0公尺處", "mark 臺南市新市區南133線0公里300公尺"),
        ("臺南市善化區台1線(215.5公里處)", "mark 臺南市善化區台1線215公里500公尺"),
        ("國道一號北上 312.5公里", "mark 國道1號312公里500公尺"),
        ("台86線快速道路東向12.3k", "mark 台86線12公里300公尺"),
        ("臺南市永康區中正路口 / 臺南市永康區中正路口", "road 臺南市永康區中正路"),
        ("臺南市新化區全興里中山路台39線路口", "crossing 臺南市新化區全興里中山路與台39線口"),
        ("臺南市麻豆區麻善大橋往南方向(P8橋墩附近)", "road 臺南市麻豆區麻善大橋"),
        ("臺南市七股區大潭里", "area 臺南市七股區大潭里"),
        ("臺北市中山區松江路臨609號前0.0公尺", "door 臺北市中山區松江路臨609號"),
        ("臺北市信義區松隆里松山路615巷1~30號", "door 臺北市信義區松隆里松山路615巷1~30號"),
        ("臺南市新營區民權里3鄰博愛街2巷1號", "door 臺南市新營區民權里3鄰博愛街2巷1號"),
        ("中正路一段一二三號三樓之2", "door 中正路一段123號3樓"),
        ("臺南市下營區仁里里仁里街5號", "door 臺南市下營區仁里里仁里街5號"),
        ("臺南市安南區四草大道80巷內鎮海幹32左支32石分32電桿旁", "road 臺南市安南區四草大道80巷"),
        ("新北市坪林區新北市坪林區坪雙路1段", "road 新北市坪林區坪雙路一段"),
        ("台南市新市區中正路1", "door 臺南市新市區中正路1號"),
        ("臺南市東區前鋒路210號", "door 臺南市東區前鋒路210號"),
        ("臺北市文山區秀明路1段 / 臺北市文山區萬壽橋", "crossing 臺北市文山區秀明路一段與萬壽橋口"),
        ("臺北市大安區和平東路2段 / 臺北市大安區建國南路2段", "crossing 臺北市大安區和平東路二段與建國南路二段口"),
        ("臺南市永康區大橋一街口 / 臺南市永康區大橋一街口", "road 臺南市永康區大橋一街"),
        ("臺北市中山區國道1號 22公里300.0公尺處南側向內側", "mark 臺北市中山區國道1號22公里300公尺"),
        ("臺南市安定區港南里31巷5號", "door 臺南市安定區港南里港南里31巷5號"),
        ("臺南市佳里區民安里國賓加油站入口處", "landmark 臺南市佳里區民安里國賓加油站"),
    ] {
        assert_eq!(told(text), expected, "{text}");
    }
}

#[test]
fn what_is_not_understood_is_said_with_its_place() {
    let parsed = parse("臺南市東區小東路100號 紅色招牌", &Lexicon::default());
    assert_eq!(parsed.unread, [Unread { text: "紅色招牌".to_owned(), at_char: 13 }]);
    let long = format!("臺南市東區小東路100號{}", "號".repeat(300));
    assert!(parse(&long, &Lexicon::default()).unread.iter().any(|unread| unread.at_char == TEXT_MAX_CHARS));
}

#[test]
fn words_beside_the_place_are_kept() {
    let parsed = parse("臺南市善化區南科九路往西近南科北路", &Lexicon::default());
    assert_eq!(parsed.details, ["往西"]);
    let parsed = parse("臺南市新市區新港社大道往國八(路燈43)", &Lexicon::default());
    assert_eq!(parsed.towards.iter().map(Way::to_string).collect::<Vec<_>>(), ["國道8號"]);
    assert_eq!(parsed.pole.as_deref(), Some("43"));
}

mod properties {
    use proptest::prelude::*;

    use super::*;
    use crate::address::HouseNumber;

    fn way() -> impl Strategy<Value = Way> {
        let name = prop::sample::select(vec![
            "中正路",
            "民權東路",
            "大灣一街",
            "四草大道",
            "復華十街",
            "西門路",
            "和平東路",
            "前鋒路",
            "東門路",
        ]);
        let part = |max: u32| prop::option::of(1..max);
        (name, part(9), part(999), part(99)).prop_map(|(name, section, lane, alley)| Way {
            name: name.to_owned(),
            section,
            lane,
            alley: alley.filter(|_| lane.is_some()),
        })
    }

    fn highway() -> impl Strategy<Value = Way> {
        prop::sample::select(vec!["國道1號", "國道3甲", "台19甲線", "172線", "南45-1線", "南99線"]).prop_map(Way::named)
    }

    fn number() -> impl Strategy<Value = HouseNumber> {
        (1_u32..2_000, prop::option::of(1_u32..60), any::<bool>()).prop_map(|(main, sub, is_temporary)| HouseNumber {
            main,
            sub,
            until: None,
            is_temporary,
        })
    }

    fn spot() -> impl Strategy<Value = Spot> {
        prop_oneof![
            Just(Spot::Area),
            way().prop_map(|way| Spot::Road { way }),
            (way(), number()).prop_map(|(way, number)| Spot::Door { way: Some(way), number }),
            number().prop_map(|number| Spot::Door { way: None, number }),
            (way(), way())
                .prop_filter("two ways", |(a, b)| a != b && a.parent().as_ref() != Some(b))
                .prop_map(|(a, b)| Spot::Crossing { ways: vec![a, b] }),
            (highway(), 0_u32..460_000).prop_map(|(way, at_m)| Spot::Mark { way, at_m }),
        ]
    }

    fn address() -> impl Strategy<Value = Address> {
        let town = prop::sample::select(vec![
            ("台南市", "新市區"),
            ("台南市", "東區"),
            ("高雄市", "前鎮區"),
            ("彰化縣", "大村鄉"),
            ("新北市", "八里區"),
        ]);
        let village = prop::option::of(prop::sample::select(vec!["港南里", "仁里里", "中山里", "大村村"]));
        (town, village, prop::option::of(1_u32..40), spot(), prop::option::of(1_i32..30)).prop_map(
            |((county, town), village, neighbourhood, spot, floor)| Address {
                county: Some(county.to_owned()),
                town: Some(town.to_owned()),
                village: village.map(str::to_owned),
                neighbourhood: neighbourhood.filter(|_| village.is_some()),
                floor: floor.filter(|_| matches!(spot, Spot::Door { .. })),
                spot,
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(address in address()) {
            let text = address.to_string();
            let parsed = parse(&text, &Lexicon::default());
            prop_assert_eq!(&parsed.address, &address, "{}", text);
            prop_assert!(parsed.unread.is_empty(), "{}: {:?}", text, parsed.unread);
        }

        #[test]
        fn rubbish_is_read_without_panic(text in "\\PC{0,60}") {
            let _ = parse(&text, &Lexicon::default());
        }

        #[test]
        fn shuffled_words_of_addresses_are_read_without_panic(words in prop::collection::vec(prop::sample::select(vec![
            "臺南市", "東區", "港南里", "3鄰", "中正路", "路", "街", "一", "十", "段", "31巷", "巷", "2弄", "號", "12", "之", "-", "3", "公里", ".", "公尺",
            "台19線", "國道", "1號", "南99", "/", "與", "口", "往", "近", "(", ")", "電桿", "高幹", " ", "B1", "樓", "附近", "橋", "和", "k", "+", "~",
        ]), 0..14)) {
            let text = words.concat();
            let parsed = parse(&text, &Lexicon::default());
            let length = text.chars().count();
            prop_assert!(parsed.unread.iter().all(|unread| unread.at_char < length && !unread.text.is_empty()), "{}", text);
            if let Spot::Crossing { ways } = &parsed.address.spot {
                prop_assert!((2..=4).contains(&ways.len()) && ways.iter().all(|way| !way.name.is_empty()), "{}: {:?}", text, ways);
            }
        }
    }
}
