//! TLS for the simulated board, by rustls.

mod trust;

use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;

use rustls::client::ClientConnection;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::{ServerConnection, WebPkiClientVerifier};
use rustls::time_provider::TimeProvider;
use rustls::{CipherSuite, ClientConfig, Connection, Error, ProtocolVersion, RootCertStore, ServerConfig};
use snakeye_hal::{Tls, TlsConfig, TlsError, TlsSession};

use trust::{Anyone, Pinned};

/// Makes sessions by rustls, with ring's cryptography.
#[derive(Debug)]
pub(crate) struct SimTls;

/// The board's clock when a session began. Handshakes are short.
#[derive(Debug)]
struct Fixed(UnixTime);

impl TimeProvider for Fixed {
    fn current_time(&self) -> Option<UnixTime> {
        Some(self.0)
    }
}

/// The IANA name of a suite as MicroPython writes it: `TLS-ECDHE-RSA-WITH-AES-128-GCM-SHA256`, `TLS1-3-…`.
fn suite_name(suite: CipherSuite) -> String {
    let name = suite.as_str().unwrap_or("unknown");
    name.replace("TLS13_", "TLS1-3-").replace('_', "-")
}

/// Certificates in PEM, or one in DER.
fn certificates(data: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    if data.starts_with(b"0") {
        return Ok(vec![CertificateDer::from(data.to_vec())]);
    }
    let list: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(data).collect();
    match list {
        Ok(list) if !list.is_empty() => Ok(list),
        _ => Err(TlsError::BadCertificate),
    }
}

/// A private key in PEM or DER.
fn private_key(data: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    let key = if data.starts_with(b"0") {
        PrivateKeyDer::try_from(data.to_vec()).ok()
    } else {
        PrivateKeyDer::from_pem_slice(data).ok()
    };
    key.ok_or(TlsError::BadKey)
}

fn provider(config: &TlsConfig) -> Result<Arc<CryptoProvider>, TlsError> {
    let mut provider = ring::default_provider();
    if !config.ciphers.is_empty() {
        let wanted = &config.ciphers;
        let known = |name: &String| provider.cipher_suites.iter().any(|s| suite_name(s.suite()) == *name);
        if let Some(unknown) = wanted.iter().find(|name| !known(name)) {
            return Err(TlsError::BadConfig(format!("no cipher suite {unknown}")));
        }
        provider.cipher_suites.retain(|s| wanted.contains(&suite_name(s.suite())));
    }
    Ok(Arc::new(provider))
}

fn roots(authorities: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    if authorities.is_empty() { Ok(Vec::new()) } else { certificates(authorities) }
}

fn store(roots: &[CertificateDer<'static>]) -> Result<Arc<RootCertStore>, TlsError> {
    let mut store = RootCertStore::empty();
    for root in roots {
        store.add(root.clone()).map_err(|_| TlsError::BadCertificate)?;
    }
    Ok(Arc::new(store))
}

/// rustls' error in the board's terms.
fn tls_error(e: Error) -> TlsError {
    match e {
        Error::InvalidCertificate(why) => TlsError::Untrusted(trust::reason(&why)),
        Error::NoCertificatesPresented => TlsError::Untrusted("the peer shows no certificate".into()),
        Error::AlertReceived(alert) => TlsError::Alert(format!("{alert:?}")),
        Error::InconsistentKeys(_) => TlsError::BadKey,
        e => TlsError::Protocol(e.to_string()),
    }
}

fn client(config: &TlsConfig) -> Result<Connection, TlsError> {
    let provider = provider(config)?;
    let time = Arc::new(Fixed(UnixTime::since_unix_epoch(Duration::from_secs(config.now_s))));
    let builder = ClientConfig::builder_with_details(provider.clone(), time)
        .with_safe_default_protocol_versions()
        .map_err(|e| TlsError::BadConfig(e.to_string()))?
        .dangerous();
    let roots = roots(&config.authorities)?;
    let builder = if config.verify {
        builder.with_custom_certificate_verifier(Arc::new(Pinned::new(store(&roots)?, roots, provider)?))
    } else {
        builder.with_custom_certificate_verifier(Arc::new(Anyone(provider)))
    };
    let mut client = if config.chain.is_empty() {
        builder.with_no_client_auth()
    } else {
        let (chain, key) = (certificates(&config.chain)?, private_key(&config.key)?);
        builder.with_client_auth_cert(chain, key).map_err(|_| TlsError::BadKey)?
    };
    let name = match &config.server_name {
        Some(name) => {
            ServerName::try_from(name.clone()).map_err(|_| TlsError::BadConfig(format!("{name:?} is no host name")))?
        }
        None => {
            client.enable_sni = false;
            ServerName::IpAddress(std::net::IpAddr::from([0, 0, 0, 0]).into())
        }
    };
    ClientConnection::new(Arc::new(client), name).map(Connection::from).map_err(tls_error)
}

fn server(config: &TlsConfig) -> Result<Connection, TlsError> {
    let provider = provider(config)?;
    let time = Arc::new(Fixed(UnixTime::since_unix_epoch(Duration::from_secs(config.now_s))));
    let builder = ServerConfig::builder_with_details(provider.clone(), time)
        .with_safe_default_protocol_versions()
        .map_err(|e| TlsError::BadConfig(e.to_string()))?;
    let builder = if config.verify {
        let verifier = WebPkiClientVerifier::builder_with_provider(store(&roots(&config.authorities)?)?, provider)
            .build()
            .map_err(|_| TlsError::BadCertificate)?;
        builder.with_client_cert_verifier(verifier)
    } else {
        builder.with_no_client_auth()
    };
    if config.chain.is_empty() {
        return Err(TlsError::BadConfig("a server needs a certificate: load_cert_chain(certfile, keyfile)".into()));
    }
    let (chain, key) = (certificates(&config.chain)?, private_key(&config.key)?);
    let server = builder.with_single_cert(chain, key).map_err(|e| match e {
        Error::InvalidCertificate(_) => TlsError::BadCertificate,
        _ => TlsError::BadKey,
    })?;
    ServerConnection::new(Arc::new(server)).map(Connection::from).map_err(tls_error)
}

impl Tls for SimTls {
    fn session(&mut self, config: &TlsConfig) -> Result<Box<dyn TlsSession>, TlsError> {
        let connection = if config.server { server(config)? } else { client(config)? };
        Ok(Box::new(Session(connection)))
    }

    fn ciphers(&self) -> Vec<String> {
        ring::default_provider().cipher_suites.iter().map(|s| suite_name(s.suite())).collect()
    }
}

struct Session(Connection);

impl TlsSession for Session {
    fn is_handshaking(&self) -> bool {
        self.0.is_handshaking()
    }

    fn receive(&mut self, data: &[u8]) -> Result<usize, TlsError> {
        let mut rest = data;
        // An error here means that received bytes wait to be read first.
        let Ok(taken) = self.0.read_tls(&mut rest) else { return Ok(0) };
        self.0.process_new_packets().map_err(tls_error)?;
        Ok(taken)
    }

    fn receive_end(&mut self) -> Result<(), TlsError> {
        let mut nothing: &[u8] = &[];
        let _ = self.0.read_tls(&mut nothing);
        self.0.process_new_packets().map(drop).map_err(tls_error)
    }

    fn take_outgoing(&mut self, out: &mut Vec<u8>) {
        while self.0.wants_write() {
            // Writing to memory does not fail.
            if self.0.write_tls(out).is_err() {
                return;
            }
        }
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<Option<usize>, TlsError> {
        match self.0.reader().read(buf) {
            Ok(n) => Ok(Some(n)),
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => Ok(None),
            Err(_) => Err(TlsError::Truncated),
        }
    }

    fn has_plain(&mut self) -> bool {
        let state = self.0.process_new_packets();
        state.is_ok_and(|s| s.plaintext_bytes_to_read() > 0 || s.peer_has_closed())
    }

    fn write(&mut self, data: &[u8]) -> usize {
        self.0.writer().write(data).unwrap_or(0)
    }

    fn close(&mut self) {
        self.0.send_close_notify();
    }

    fn peer_certificate(&self) -> Option<&[u8]> {
        self.0.peer_certificates()?.first().map(|c| c.as_ref())
    }

    fn cipher(&self) -> Option<(String, &'static str)> {
        let version = match self.0.protocol_version()? {
            ProtocolVersion::TLSv1_3 => "TLSv1.3",
            _ => "TLSv1.2",
        };
        Some((suite_name(self.0.negotiated_cipher_suite()?.suite()), version))
    }
}
