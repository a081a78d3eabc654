#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;

use super::*;
use crate::{Asked, AuthorizationRequest, Returned, authorization_url, challenge_of, code_of};

const ISSUER: &str = "https://house.example";
const BACK: &str = "https://tool.example/back?tenant=1";

fn addresses() -> Vec<String> {
    vec![BACK.to_owned(), "http://127.0.0.1:3000/back".to_owned()]
}

fn query(more: &str) -> String {
    let challenge = challenge_of("v");
    let url = authorization_url(
        "",
        &AuthorizationRequest { client_id: "tool", redirect_uri: BACK, state: "s #1", nonce: "n", challenge: &challenge, acr: &[], max_age_s: 300 },
    );
    format!("{}{more}", url.trim_start_matches('?'))
}

fn destination(query: &str) -> Result<(Params, Destination), DestinationRefused> {
    let (params, known) = (Params::parse(query.as_bytes()).unwrap(), addresses());
    let found = Destination::of(&params, |id| (id == "tool").then_some(known.as_slice()))?;
    Ok((params, found))
}

fn judged(query: &str) -> Result<AuthorizationAsked, AuthorizationRefused> {
    let (params, found) = destination(query).unwrap();
    found.asked(&params)
}

fn code(query: &str) -> &'static str {
    judged(query).err().map_or("", AuthorizationRefused::code)
}

#[test]
fn what_our_own_relying_party_asks_for_is_understood_and_it_understands_the_answer() {
    let (params, found) = destination(&query("")).unwrap();
    let asked = found.asked(&params).unwrap();
    assert_eq!((asked.nonce.as_deref(), asked.challenge.as_str(), asked.max_age_s), (Some("n"), challenge_of("v").as_str(), Some(300)));
    assert_eq!(asked.prompt, Prompt::default());

    let url = found.granted(ISSUER, "c/1");
    assert!(url.starts_with("https://tool.example/back?tenant=1&code=c%2F1&state=s%20%231&iss=https%3A%2F%2Fhouse.example"), "{url}");
    let back = Params::parse(url.split_once('?').unwrap().1.as_bytes()).unwrap();
    let returned = Returned { state: back.get("state").unwrap(), code: back.get("code"), error: None, iss: back.get("iss") };
    assert_eq!(code_of(&returned, &Asked { state: "s #1", issuer: ISSUER, sends_iss: true }), Ok("c/1"));
    let no = found.refused(ISSUER, AuthorizationRefused::AccessDenied);
    assert!(no.contains("&error=access_denied&") && no.contains("&iss=https%3A%2F%2Fhouse.example"), "{no}");
}

#[test]
fn a_browser_is_sent_nowhere_but_to_an_address_of_the_entry_letter_by_letter() {
    let escaped = |address: &str| query("").replace(&joined(&[("redirect_uri", BACK)]), &joined(&[("redirect_uri", address)]));
    assert!(destination(&escaped("http://127.0.0.1:3000/back")).is_ok());
    for other in [
        "https://evil.example/back",
        "https://tool.example/back",
        "https://tool.example/back?tenant=1&next=https://evil.example",
        "https://tool.example/back?tenant=1#x",
        "https://tool.example/back/../evil?tenant=1",
        "https://TOOL.example/back?tenant=1",
        "https://tool.example@evil.example/back?tenant=1",
        "http://127.0.0.1:3001/back",
        "//tool.example/back?tenant=1",
        "javascript:alert(1)",
        " https://tool.example/back?tenant=1",
        "https://tool.example/back?tenant=1 ",
        "https://tool.example/back?tenant=1\0",
    ] {
        assert_eq!(destination(&escaped(other)).err(), Some(DestinationRefused::OtherAddress), "{other:?}");
    }
    let without = |name: &str| query("").split('&').filter(|pair| !pair.starts_with(name)).collect::<Vec<_>>().join("&");
    assert_eq!(destination(&without("redirect_uri")).err(), Some(DestinationRefused::NoAddress));
    assert_eq!(destination(&without("client_id")).err(), Some(DestinationRefused::NoClient));
    assert_eq!(destination(&query("").replace("client_id=tool", "client_id=tools")).err(), Some(DestinationRefused::UnknownClient));
    assert_eq!(destination(&query("&redirect_uri=https%3A%2F%2Fevil.example")).err(), Some(DestinationRefused::NoAddress), "twice is none");
    assert_eq!(destination(&query("&client_id=tool")).err(), Some(DestinationRefused::NoClient));
}

#[test]
fn what_is_asked_in_no_good_order_is_told_to_the_tool_in_the_words_of_the_standard() {
    let good = query("");
    assert_eq!(code(&good), "");
    let changed = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        code(&good.replace(from, to))
    };
    assert_eq!(changed("response_type=code", "response_type=token"), "unsupported_response_type");
    assert_eq!(changed("response_type=code", "response_type=code%20id_token"), "unsupported_response_type");
    assert_eq!(changed("response_type=code&", ""), "invalid_request");
    assert_eq!(changed("scope=openid", "scope=profile"), "invalid_scope");
    assert_eq!(changed("scope=openid", "scope=profile%20openid%20email"), "", "what else is asked for is not given");
    for method in ["plain", "s256", ""] {
        assert_eq!(changed("code_challenge_method=S256", &format!("code_challenge_method={method}")), "invalid_request", "{method}");
    }
    let challenge = challenge_of("v");
    for wrong in ["", "short", &format!("{challenge}A"), &challenge.replacen(|_: char| true, "!", 1)] {
        assert_eq!(changed(&format!("code_challenge={challenge}"), &format!("code_challenge={wrong}")), "invalid_request", "{wrong}");
    }
    for (more, wanted) in [
        ("&scope=openid", "invalid_request"),
        ("&unknown=1&unknown=2", "invalid_request"),
        ("&response_mode=fragment", "invalid_request"),
        ("&response_mode=query", ""),
        ("&request=x", "request_not_supported"),
        ("&request_uri=https%3A%2F%2Fevil.example", "request_uri_not_supported"),
        ("&registration=x", "registration_not_supported"),
        ("&prompt=none%20login", "invalid_request"),
        ("&prompt=now", "invalid_request"),
        ("&ui_locales=zh-TW&display=page&unknown=1", ""),
    ] {
        assert_eq!(code(&query(more)), wanted, "{more}");
    }
    for age in ["-1", "%2B1", "1.5", "soon", "99999999999"] {
        assert_eq!(changed("max_age=300", &format!("max_age={age}")), "invalid_request", "{age}");
    }
    assert_eq!(changed("nonce=n", &format!("nonce={}", "n".repeat(NONCE_CHARS_MAX + 1))), "invalid_request");
    assert_eq!(changed("state=s%20%231", "state=%0d%0alocation:x"), "invalid_request");
    let refused = destination(&good.replace("state=s%20%231", "state=%0d%0a")).unwrap().1.refused(ISSUER, AuthorizationRefused::InvalidScope);
    assert!(!refused.contains("state="), "what is no state is not echoed: {refused}");
}

#[test]
fn prompts_are_told_apart() {
    let prompt = |text: &str| judged(&query(&format!("&prompt={text}"))).unwrap().prompt;
    assert_eq!(prompt("none"), Prompt { is_silent: true, ..Prompt::default() });
    assert_eq!(prompt("login%20consent"), Prompt { is_login: true, is_consent: true, is_silent: false });
    assert!(prompt("select_account").is_consent);
}

proptest! {
    #[test]
    fn wherever_an_answer_goes_it_begins_with_an_address_of_the_entry(redirect in any::<String>(), state in any::<String>(), more in any::<String>()) {
        let text = joined(&[("client_id", "tool"), ("redirect_uri", redirect.as_str()), ("state", state.as_str()), ("x", more.as_str())]);
        if let Ok(params) = Params::parse(text.as_bytes()) {
            let known = addresses();
            if let Ok(found) = Destination::of(&params, |_| Some(known.as_slice())) {
                let url = found.refused(ISSUER, AuthorizationRefused::InvalidScope);
                prop_assert!(known.iter().any(|own| url.starts_with(own.as_str())), "{url}");
                prop_assert!(url.bytes().all(|byte| byte.is_ascii_graphic()), "{url}");
            }
        }
    }
}
