//! Whom a client trusts.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use snakeye_hal::TlsError;

/// What is wrong with a certificate, for people.
pub(super) fn reason(why: &CertificateError) -> String {
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "The certificate has expired".into(),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "The certificate is not valid yet; is the board's clock set?".into()
        }
        CertificateError::UnknownIssuer => "The certificate is not correctly signed by the trusted CA".into(),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "The certificate is for another host name".into()
        }
        CertificateError::BadSignature => "The certificate's signature is wrong".into(),
        CertificateError::Revoked => "The certificate was revoked".into(),
        other => format!("The certificate is refused: {other}"),
    }
}

type Verified = Result<HandshakeSignatureValid, Error>;

/// `CERT_NONE`: any certificate, though its owner must hold its key.
#[derive(Debug)]
pub(super) struct Anyone(pub(super) Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(&self, m: &[u8], cert: &CertificateDer<'_>, dss: &DigitallySignedStruct) -> Verified {
        verify_tls12_signature(m, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(&self, m: &[u8], cert: &CertificateDer<'_>, dss: &DigitallySignedStruct) -> Verified {
        verify_tls13_signature(m, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// `CERT_REQUIRED`: what leads to an authority, or is itself one of those given: makers often trust the
/// self-signed certificate of their own server.
#[derive(Debug)]
pub(super) struct Pinned {
    by_path: Arc<WebPkiServerVerifier>,
    trusted: Vec<CertificateDer<'static>>,
}

impl Pinned {
    pub(super) fn new(
        store: Arc<RootCertStore>,
        trusted: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Pinned, TlsError> {
        let by_path = WebPkiServerVerifier::builder_with_provider(store, provider)
            .build()
            .map_err(|_| TlsError::BadConfig("no certificates to trust: load_verify_locations(cadata=...)".into()))?;
        Ok(Pinned { by_path, trusted })
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.by_path.verify_server_cert(end_entity, intermediates, server_name, ocsp, now) {
            // This check comes after the one of the dates, so only the name is left to compare.
            Err(Error::InvalidCertificate(CertificateError::Other(why)))
                if why.to_string().contains("CaUsedAsEndEntity") && self.trusted.iter().any(|c| c == end_entity) =>
            {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(&self, m: &[u8], cert: &CertificateDer<'_>, dss: &DigitallySignedStruct) -> Verified {
        self.by_path.verify_tls12_signature(m, cert, dss)
    }

    fn verify_tls13_signature(&self, m: &[u8], cert: &CertificateDer<'_>, dss: &DigitallySignedStruct) -> Verified {
        self.by_path.verify_tls13_signature(m, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.by_path.supported_verify_schemes()
    }
}
