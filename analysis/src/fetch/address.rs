//! Which addresses may be asked, and where a redirect may lead.
//!
//! A file that everybody may read is fetched by whoever runs Quietway, perhaps inside a private network. So a server out there must not be
//! able to send the request to a machine in here: what counts is the resolved address, not the name.

use super::FetchError;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use url::{Host, Url};

/// An address that may be asked for: https, or http on this machine.
pub(super) fn parse(text: &str) -> Result<Url, FetchError> {
    let bad = |what: &str| FetchError::BadUrl { url: text.to_owned(), what: what.to_owned() };
    let mut url = Url::parse(text).map_err(|error| bad(&error.to_string()))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(FetchError::BadUrl { url: without_secrets(url), what: "it holds a user or password".into() });
    }
    url.set_fragment(None);
    match url.scheme() {
        "https" | "http" if url.host().is_none() => Err(bad("it names no host")),
        "https" => Ok(url),
        "http" if names_loopback(&url) => Ok(url),
        "http" => Err(FetchError::PlainHttp { url: text.to_owned() }),
        _ => Err(bad("it must begin with https://")),
    }
}

fn without_secrets(mut url: Url) -> String {
    // Both fail only for addresses that cannot hold them.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

/// Whether the name is one of this machine.
pub(super) fn names_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Whose an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Realm {
    /// Anybody's.
    Public,
    /// Of a private network.
    Private,
    /// This machine's.
    Loopback,
    /// Of no machine that could publish a file: link-local (where clouds keep credentials), multicast, reserved.
    Reserved,
}

/// Whose an address is.
pub(super) fn realm(ip: IpAddr) -> Realm {
    match ip {
        IpAddr::V4(ip) => realm_v4(ip),
        IpAddr::V6(ip) => realm_v6(ip),
    }
}

fn realm_v4(ip: Ipv4Addr) -> Realm {
    match ip.octets() {
        [127, ..] => Realm::Loopback,
        [10, ..] | [172, 16..32, ..] | [192, 168, ..] | [100, 64..128, ..] => Realm::Private,
        [0, ..] | [169, 254, ..] | [192, 0, 0 | 2, _] | [198, 18..20, ..] | [198, 51, 100, _] | [203, 0, 113, _] => {
            Realm::Reserved
        }
        [224..=255, ..] => Realm::Reserved,
        _ => Realm::Public,
    }
}

fn realm_v6(ip: Ipv6Addr) -> Realm {
    let embedded = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        realm_v4(Ipv4Addr::new(a, b, c, d))
    };
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Realm::Loopback,
        // Written as IPv6, routed as IPv4: mapped, translated (NAT64), 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        [0x2002, high, low, ..] => embedded(high, low),
        [0xfc00..0xfe00, ..] => Realm::Private,
        [0x2001, 0xdb8, ..] => Realm::Reserved,
        [0x2000..0x4000, ..] => Realm::Public,
        _ => Realm::Reserved,
    }
}

/// Who says that this address be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// The user.
    User,
    /// A server of that realm, by a redirect.
    Server(Realm),
}

/// Whether an address with these resolutions may be connected to; else why not.
pub(super) fn permit(origin: Origin, url: &Url, ips: &[IpAddr]) -> Result<(), &'static str> {
    let all = |wanted: Realm| ips.iter().all(|&ip| realm(ip) == wanted);
    if url.scheme() != "https" {
        let is_ours = url.scheme() == "http" && names_loopback(url) && all(Realm::Loopback);
        return match origin {
            Origin::User | Origin::Server(Realm::Loopback) if is_ours => Ok(()),
            _ => Err("only https is followed, and plain http within this machine"),
        };
    }
    match origin {
        Origin::User => Ok(()),
        Origin::Server(from) => match ips.iter().all(|&ip| may_follow(from, realm(ip))) {
            true => Ok(()),
            false => Err("it leads into a private network or this machine"),
        },
    }
}

fn may_follow(from: Realm, to: Realm) -> bool {
    match to {
        Realm::Public => true,
        Realm::Private | Realm::Loopback => from == to,
        Realm::Reserved => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_or_this_machine() {
        for fine in ["https://example.org/a?b=c", "http://localhost:80/a", "http://127.0.0.1:1/", "http://[::1]/"] {
            assert_eq!(
                parse(fine).unwrap().as_str().trim_end_matches('/'),
                fine.replace(":80", "").trim_end_matches('/')
            );
        }
        for (bad, words) in [
            ("http://example.org/a", "write https"),
            ("http://127.0.0.1.example.org/", "write https"),
            ("http://10.0.0.1/", "write https"),
            ("ftp://example.org/a", "must begin with https://"),
            ("town.geojson", "relative URL"),
            ("https://", "empty host"),
        ] {
            let error = parse(bad).unwrap_err();
            assert!(error.to_string().contains(words) && error.to_string().contains(bad), "{error}");
            assert_eq!(error.exit().code, 2);
        }
        let error = parse("https://me:secret@example.org/").unwrap_err();
        assert!(error.to_string().contains("password") && !error.to_string().contains("secret"), "{error}");
        assert_eq!(parse("https://example.org/a#part").unwrap().as_str(), "https://example.org/a");
    }

    #[test]
    fn whose_an_address_is() {
        for (ip, whose) in [
            ("93.184.216.34", Realm::Public),
            ("2606:2800:220:1::1", Realm::Public),
            ("10.1.2.3", Realm::Private),
            ("172.31.255.1", Realm::Private),
            ("172.32.0.1", Realm::Public),
            ("192.168.0.1", Realm::Private),
            ("100.64.0.1", Realm::Private),
            ("fd00:ec2::254", Realm::Private),
            ("127.0.0.2", Realm::Loopback),
            ("::1", Realm::Loopback),
            ("::ffff:127.0.0.1", Realm::Loopback),
            ("::ffff:10.0.0.1", Realm::Private),
            ("64:ff9b::a00:1", Realm::Private),
            ("2002:7f00:1::", Realm::Loopback),
            ("169.254.169.254", Realm::Reserved),
            ("fe80::1", Realm::Reserved),
            ("0.0.0.0", Realm::Reserved),
            ("::", Realm::Reserved),
            ("224.0.0.1", Realm::Reserved),
            ("255.255.255.255", Realm::Reserved),
        ] {
            assert_eq!(realm(ip.parse().unwrap()), whose, "{ip}");
        }
    }

    #[test]
    fn redirects_never_lead_inwards() {
        let ask = |origin, url: &str, ips: &[&str]| {
            let ips: Vec<IpAddr> = ips.iter().map(|ip| ip.parse().unwrap()).collect();
            permit(origin, &Url::parse(url).unwrap(), &ips).is_ok()
        };
        let public = Origin::Server(Realm::Public);
        assert!(ask(public, "https://mirror.example/", &["93.184.216.34"]));
        assert!(!ask(public, "http://mirror.example/", &["93.184.216.34"]), "never to plain http");
        for inside in ["10.0.0.1", "127.0.0.1", "169.254.169.254", "fd00::1", "::1"] {
            assert!(!ask(public, "https://innocent.example/", &[inside]), "{inside}");
            assert!(!ask(public, "https://innocent.example/", &["93.184.216.34", inside]), "one of several: {inside}");
        }
        assert!(!ask(public, "http://localhost/", &["127.0.0.1"]));
        let here = Origin::Server(Realm::Loopback);
        assert!(!ask(here, "ftp://localhost/", &["127.0.0.1"]));
        assert!(ask(here, "http://localhost/", &["127.0.0.1"]));
        assert!(!ask(here, "https://innocent.example/", &["10.0.0.1"]));
        assert!(ask(Origin::Server(Realm::Private), "https://intranet.example/", &["10.0.0.1"]));
        assert!(!ask(Origin::Server(Realm::Private), "https://intranet.example/", &["169.254.169.254"]));
        assert!(ask(Origin::User, "https://intranet.example/", &["10.0.0.1"]), "the user may ask anybody");
        assert!(!ask(Origin::User, "http://localhost/", &["10.0.0.1"]), "a name that lies");
    }
}
