//! How long the largest allowed list takes to read and check: `cargo run --release -p shouhu-watchlists --example import_speed`.

use std::collections::HashSet;
use std::time::Instant;

use shouhu_ids::Micros;
use shouhu_watchlists::import::encoding::Asked;
use shouhu_watchlists::import::{Defaults, ROWS_MAX, read, sort};

fn main() {
    let mut text = String::from("車牌,案由,法令依據,到期日,動作,車種,備註,承辦單位\n");
    for n in 1..ROWS_MAX {
        let letter = char::from(b'A' + u8::try_from(n / 10_000 % 24).unwrap_or(0));
        text += &format!("AB{letter}-{:04},失竊報案,失車,民國115年12月31日,攔停,自小客,白色,永康分局\n", n % 10_000);
    }
    let cp950 = encoding_rs::BIG5.encode(&text).0.into_owned();
    for (name, bytes) in [("utf-8", text.into_bytes()), ("cp950", cp950)] {
        let defaults = Defaults::default();
        let began = Instant::now();
        let table = match read(&bytes, Asked::Auto, &defaults) {
            Ok(table) => table,
            Err(error) => panic!("{error}"),
        };
        let read_ms = began.elapsed().as_millis();
        let sorted = sort(&table, &defaults, "", &HashSet::new(), Micros(1_795_248_000_000_000));
        println!(
            "{name}: {} MiB, {} rows read in {read_ms} ms, checked in {} ms, {} accepted, {} rejected",
            bytes.len() >> 20,
            table.rows.len(),
            began.elapsed().as_millis() - read_ms,
            sorted.accepted.len(),
            sorted.rejected
        );
    }
}
