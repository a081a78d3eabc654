//! Any bytes are an EIDO or a refusal; what is read is written so that it can be read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_exchange::eido::Eido;

fuzz_target!(|bytes: &[u8]| {
    let Ok(eido) = Eido::read(bytes) else { return };
    let _ = eido.told();
    // Not compared: a number with many digits that is only kept may move by its last one.
    assert!(Eido::read(&eido.write()).is_ok());
});
