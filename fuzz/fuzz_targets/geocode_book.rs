//! Any bytes are a book whose places are on the globe and whose counts agree, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_geocode::Book;
use shouhu_place::Wgs84;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((book, report)) = Book::read(bytes) {
        assert_eq!(book.addresses.len() as u64, report.addresses);
        assert!(book.addresses.iter().all(|(_, place)| Wgs84::new(place.lon, place.lat).is_ok()));
        assert_eq!(report.entries, report.towns + report.villages + report.addresses + report.left_out.values().sum::<u64>());
    }
});
