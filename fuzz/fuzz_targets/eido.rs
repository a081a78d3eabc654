//! Any bytes are an EIDO or a refusal; what is read is written, and read again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_exchange::eido::Eido;

fuzz_target!(|bytes: &[u8]| {
    let Ok(eido) = Eido::read(bytes) else { return };
    let _ = eido.told();
    assert_eq!(Eido::read(&eido.write()), Ok(eido));
});
