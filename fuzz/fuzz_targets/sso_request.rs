//! What a browser or a tool sends to the house as a provider: it is read or refused, and a browser is sent nowhere but to an address of the tool's entry.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shouhu_oidc::op::{Destination, Params, token_asked};

fuzz_target!(|bytes: &[u8]| {
    let _ = (token_asked(None, bytes), token_asked(std::str::from_utf8(bytes).ok(), b"grant_type=authorization_code&code=c&redirect_uri=r&code_verifier=v"));
    let Ok(params) = Params::parse(bytes) else { return };
    let known = ["https://tool.example/back?a=b".to_owned(), "http://127.0.0.1:3000/".to_owned()];
    let Ok(found) = Destination::of(&params, |_| Some(known.as_slice())) else { return };
    let issuer = "https://house.example";
    let url = match found.asked(&params) {
        Ok(asked) => {
            assert!(asked.challenge.len() == 43, "no code without PKCE");
            found.granted(issuer, "code")
        }
        Err(refused) => found.refused(issuer, refused),
    };
    assert!(known.iter().any(|own| url.starts_with(own.as_str())) && url.bytes().all(|byte| byte.is_ascii_graphic()), "{url}");
});
