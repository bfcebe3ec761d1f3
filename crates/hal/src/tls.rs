//! Transport Layer Security (RFC 8446, RFC 5246) as the runtime needs it: sessions that turn plain bytes into records
//! and back. They move no bytes themselves; who owns the socket feeds them.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// What a session is to be.
#[derive(Clone, Debug, Default)]
pub struct TlsConfig {
    /// Whether this is the server's end.
    pub server: bool,
    /// Whether the peer must show a certificate that leads to one of `authorities`.
    pub verify: bool,
    /// Own certificate chain, PEM or one certificate in DER; empty: none.
    pub chain: Vec<u8>,
    /// Its private key, PEM or DER (PKCS #8, PKCS #1 or SEC 1).
    pub key: Vec<u8>,
    /// Certificates to trust, PEM or one in DER.
    pub authorities: Vec<u8>,
    /// Cipher suites that may be used, by IANA name with `-`; empty: all.
    pub ciphers: Vec<String>,
    /// The server's name that a client expects, and sends as SNI.
    pub server_name: Option<String>,
    /// Time for judging certificates, in seconds since 1970.
    pub now_s: u64,
}

/// Why there is no session, or no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsError {
    /// The certificate chain or an authority cannot be read.
    BadCertificate,
    /// The private key cannot be read, or does not fit the certificate.
    BadKey,
    /// A setting that this implementation does not have, such as an unknown cipher suite.
    BadConfig(String),
    /// The peer's certificate was refused: why.
    Untrusted(String),
    /// The peer ended the handshake or the connection with this alert.
    Alert(String),
    /// The connection ended without the goodbye that tells an end from a cut.
    Truncated,
    /// What the peer sent breaks the protocol: how.
    Protocol(String),
}

/// Makes sessions.
pub trait Tls {
    /// A new session; as a client it has its first message to send at once.
    fn session(&mut self, config: &TlsConfig) -> Result<Box<dyn TlsSession>, TlsError>;

    /// The cipher suites there are, by IANA name with `-`, in order of preference.
    fn ciphers(&self) -> Vec<String>;
}

/// One end of a connection.
pub trait TlsSession {
    /// Whether keys are not agreed yet.
    fn is_handshaking(&self) -> bool;

    /// Takes bytes that came from the peer and says how many; 0 while plain bytes wait to be read.
    fn receive(&mut self, data: &[u8]) -> Result<usize, TlsError>;

    /// Notes that the peer's bytes have ended.
    fn receive_end(&mut self) -> Result<(), TlsError>;

    /// Appends what is to be sent to the peer.
    fn take_outgoing(&mut self, out: &mut Vec<u8>);

    /// Reads plain bytes: how many, 0 at the peer's goodbye, `None` when none came yet.
    fn read(&mut self, buf: &mut [u8]) -> Result<Option<usize>, TlsError>;

    /// Whether plain bytes, or the goodbye, wait to be read.
    fn has_plain(&mut self) -> bool;

    /// Takes plain bytes to send, as many as there is room for.
    fn write(&mut self, data: &[u8]) -> usize;

    /// Says goodbye: nothing more will be sent.
    fn close(&mut self);

    /// The peer's certificate in DER, once known.
    fn peer_certificate(&self) -> Option<&[u8]>;

    /// Cipher suite and protocol version, once agreed.
    fn cipher(&self) -> Option<(String, &'static str)>;
}
