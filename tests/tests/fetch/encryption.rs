//! https against Python's own TLS server, with a certificate made for the test.

use super::*;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

const SERVER: &str = "
import http.server, os, ssl, sys, threading
os.chdir(sys.argv[1])
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('cert.pem', 'key.pem')
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
";

/// A server of that folder with a certificate for localhost; it ends with its standard input. Says aloud when it cannot be made.
fn start(folder: &Path) -> Option<(String, Child)> {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"])
        .current_dir(folder)
        .output();
    if !made.is_ok_and(|made| made.status.success()) {
        println!("skipped: no openssl to make a certificate with");
        return None;
    }
    let python = quietway_tests::python()?;
    let mut server = Command::new(python);
    server.args(["-c", SERVER]).arg(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut server = server.spawn().unwrap();
    let mut port = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut port).unwrap();
    Some((format!("https://localhost:{}/a.csv", port.trim()), server))
}

#[test]
fn a_server_is_trusted_by_its_certificate_only() {
    if let Some(text) = inside() {
        let (url, is_trusted) = text.split_once(' ').unwrap();
        let larder = Larder::new();
        match is_trusted {
            "trusted" => {
                assert_eq!(read(&larder.get(url).unwrap()), b"x");
                assert!(larder.get(url).unwrap().from_cache);
            }
            "stranger" => assert_error(&larder.get(url).unwrap_err(), 4, &[url, "certificate"]),
            _ => assert_error(&larder.get(url).unwrap_err(), 4, &["no root certificates", "SSL_CERT_FILE"]),
        }
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.csv"), "x").unwrap();
    let Some((url, mut server)) = start(folder.path()) else { return };
    let test = "encryption::a_server_is_trusted_by_its_certificate_only";
    let (own, empty) = (folder.path().join("cert.pem"), folder.path().join("empty.pem"));
    std::fs::write(&empty, "").unwrap();
    let output = |text: &str, certificates: Option<&Path>| {
        let mut child = child(test, &format!("{url} {text}"));
        child.env_remove("SSL_CERT_FILE").env_remove("SSL_CERT_DIR");
        child.envs(certificates.map(|path| ("SSL_CERT_FILE", path))).output().unwrap()
    };
    assert_passed(&output("trusted", Some(&own)));
    assert_passed(&output("nobody", Some(&empty)));
    // Needs certificates of this machine, else it is the case before.
    if Path::new("/etc/ssl/certs/ca-certificates.crt").exists() {
        assert_passed(&output("stranger", None));
    }
    drop(server.stdin.take());
    server.wait().unwrap();
}
