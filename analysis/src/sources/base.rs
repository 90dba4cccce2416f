//! Base addresses: the part of a data set's address that a mirror replaces.

use std::fmt;
use std::str::FromStr;
use url::{Host, Url};

/// An address without a slash at its end: https, or http on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// A file below it.
    pub fn join(&self, path: &str) -> String {
        format!("{}/{path}", self.0)
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.0)
    }
}

impl FromStr for BaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|cause| format!("{cause}; write https://host/path"))?;
        if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() || url.password().is_some() {
            return Err("a base address has no user, query or fragment; write https://host/path".into());
        }
        let loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => return Err("the address has no host; write https://host/path".into()),
        };
        match url.scheme() {
            "https" => Ok(Self(text.trim_end_matches('/').to_owned())),
            "http" if loopback => Ok(Self(text.trim_end_matches('/').to_owned())),
            "http" => {
                Err("plain http could be changed by anybody on the way: write https (http is for loopback)".into())
            }
            other => Err(format!("{other} is no way to fetch files; write https://host/path")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::BaseUrl;

    #[test]
    fn encrypted_or_on_this_machine() {
        for good in ["https://mirror.example/osm/", "http://127.0.0.1:8080", "http://localhost/x", "http://[::1]:9"] {
            let base: BaseUrl = good.parse().unwrap();
            assert_eq!(base.join("a/b"), format!("{}/a/b", good.trim_end_matches('/')));
        }
        for (bad, why) in [
            ("http://mirror.example", "write https"),
            ("http://127.0.0.1.mirror.example", "write https"),
            ("ftp://mirror.example", "ftp is no way"),
            ("file:///etc/passwd", "no host"),
            ("mirror.example", "write https://host/path"),
            ("https://user:word@mirror.example", "no user"),
            ("https://mirror.example/?q=1", "query"),
        ] {
            let said = bad.parse::<BaseUrl>().unwrap_err();
            assert!(said.contains(why), "{bad}: {said}");
        }
    }
}
