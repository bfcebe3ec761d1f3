//! `tls` and `ssl` (docs: library/ssl): encrypted streams over sockets, by the board's [`snakeye_hal::Tls`].
//!
//! `tls.SSLContext` takes keys and certificates as bytes; `ssl.SSLContext` takes names of files too, and trusts anyone
//! until told otherwise.

mod stream;

use crate::host::board;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::RefCell;
use snakeye_hal::{EPOCH_2000_UNIX_S, Errno, TlsConfig, TlsError};
use snakeye_vm::object::{
    Args, BufferValue, Entry, ModuleDef, NativeObject, NativeValue, Param, Step, StrValue, TypeDef,
};
use snakeye_vm::{Raised, Res, Rom, Value, Vm, exceptions as exc, method, method_kw};

const PROTOCOL_TLS_CLIENT: i64 = 0;
const PROTOCOL_TLS_SERVER: i64 = 1;
const CERT_NONE: i64 = 0;
const CERT_REQUIRED: i64 = 2;

const PROTOCOLS: [(&str, Entry); 5] = [
    ("PROTOCOL_TLS_CLIENT", Entry::Int(PROTOCOL_TLS_CLIENT)),
    ("PROTOCOL_TLS_SERVER", Entry::Int(PROTOCOL_TLS_SERVER)),
    ("CERT_NONE", Entry::Int(CERT_NONE)),
    ("CERT_OPTIONAL", Entry::Int(1)),
    ("CERT_REQUIRED", Entry::Int(CERT_REQUIRED)),
];

/// `tls`
pub static TLS: ModuleDef = ModuleDef {
    name: "tls",
    entries: &[
        ("SSLContext", Entry::Type(&TLS_CONTEXT)),
        PROTOCOLS[0],
        PROTOCOLS[1],
        PROTOCOLS[2],
        PROTOCOLS[3],
        PROTOCOLS[4],
    ],
    init: None,
};

/// `ssl`
pub static SSL: ModuleDef = ModuleDef {
    name: "ssl",
    entries: &[
        ("SSLContext", Entry::Type(&SSL_CONTEXT)),
        method_kw!("wrap_socket", 1, 1, wrap_socket),
        PROTOCOLS[0],
        PROTOCOLS[1],
        PROTOCOLS[2],
        PROTOCOLS[3],
        PROTOCOLS[4],
    ],
    init: None,
};

/// Settings that sessions are made with.
struct Context {
    /// Whether it was made for servers.
    server: bool,
    /// Whether names of files are taken for what they hold.
    files: bool,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    /// One of `CERT_*`.
    verify_mode: i64,
    chain: Vec<u8>,
    key: Vec<u8>,
    authorities: Vec<u8>,
    ciphers: Vec<String>,
}

impl NativeObject for Context {
    fn class(&self) -> &'static Rom<TypeDef> {
        if self.files { &SSL_CONTEXT } else { &TLS_CONTEXT }
    }
}

const CONTEXT: TypeDef = TypeDef {
    name: "SSLContext",
    attrs: &[
        method!("load_cert_chain", 3, 3, load_cert_chain),
        method_kw!("load_verify_locations", 1, 3, load_verify_locations),
        method!("get_ciphers", 1, 1, get_ciphers),
        method!("set_ciphers", 2, 2, set_ciphers),
        method_kw!("wrap_socket", 2, 2, wrap),
    ],
    get_attr: Some(|vm, v, name| match name {
        "verify_mode" => {
            let mode = this(vm, v)?.state.borrow().verify_mode;
            vm.new_int(mode).map(Some)
        }
        _ => Ok(None),
    }),
    set_attr: Some(|vm, v, name, value| match (name.as_str(), value) {
        (Some("verify_mode"), Some(mode)) => {
            let mode = vm.index_of(&mode)?;
            if !(CERT_NONE..=CERT_REQUIRED).contains(&mode) {
                return Err(vm.value_error("verify_mode is one of CERT_NONE, CERT_OPTIONAL, CERT_REQUIRED"));
            }
            this(vm, v)?.state.borrow_mut().verify_mode = mode;
            Ok(true)
        }
        _ => Ok(false),
    }),
    ..TypeDef::NEW
};

static TLS_CONTEXT: Rom<TypeDef> =
    Rom::new(TypeDef { new: Some(|vm, _, args| new_context(vm, args, false).map(Step::Done)), ..CONTEXT });

static SSL_CONTEXT: Rom<TypeDef> =
    Rom::new(TypeDef { new: Some(|vm, _, args| new_context(vm, args, true).map(Step::Done)), ..CONTEXT });

fn this<'a>(vm: &mut Vm, v: &'a Value) -> Res<&'a Context> {
    match v.native::<Context>() {
        Some(c) => Ok(c),
        None => Err(vm.type_error("SSLContext expected")),
    }
}

/// `SSLContext(protocol)`. A client of `tls` verifies its server unless told otherwise; `ssl` verifies nobody.
fn new_context(vm: &mut Vm, args: Args, files: bool) -> Res {
    args.no_keywords(vm)?;
    let [protocol] = args.pos else {
        return Err(vm.type_error("SSLContext takes one argument: PROTOCOL_TLS_CLIENT or PROTOCOL_TLS_SERVER"));
    };
    let server = match vm.index_of(protocol)? {
        PROTOCOL_TLS_CLIENT => false,
        PROTOCOL_TLS_SERVER => true,
        _ => return Err(vm.value_error("unknown protocol; DTLS is not there")),
    };
    let verify_mode = if files || server { CERT_NONE } else { CERT_REQUIRED };
    vm.new_native(Context { server, files, state: RefCell::new(State { verify_mode, ..State::default() }) })
}

/// Bytes of a key or certificate: given as such, or (in `ssl`) by the name of a file.
fn bytes_of(vm: &mut Vm, v: &Value, files: bool) -> Res<Vec<u8>> {
    if files && let Some(name) = v.as_str() {
        let name = String::from(name);
        return vm.read_file(&name);
    }
    match v.buffer() {
        // MicroPython's libraries want PEM ended by a zero.
        Some(b) => Ok(b.with(|b| b.strip_suffix(b"\0").unwrap_or(b).to_vec())),
        None => Err(vm.type_error("object with buffer protocol required")),
    }
}

fn load_cert_chain(vm: &mut Vm, args: &[Value]) -> Res {
    let files = this(vm, &args[0])?.files;
    let (chain, key) = (bytes_of(vm, &args[1], files)?, bytes_of(vm, &args[2], files)?);
    set_chain(vm, &args[0], chain, key)?;
    Ok(Value::NONE)
}

/// Takes a certificate and its key after a look whether they can serve.
fn set_chain(vm: &mut Vm, context: &Value, chain: Vec<u8>, key: Vec<u8>) -> Res<()> {
    let trial = TlsConfig { server: true, chain, key, ..TlsConfig::default() };
    session(vm, &trial)?;
    let mut state = this(vm, context)?.state.borrow_mut();
    (state.chain, state.key) = (trial.chain, trial.key);
    Ok(())
}

/// `load_verify_locations(cafile=None, cadata=None)`; in `tls` the data is the first argument.
fn load_verify_locations(vm: &mut Vm, args: Args) -> Res<Step> {
    let Some((me, rest)) = args.pos.split_first() else { return Err(vm.type_error("SSLContext expected")) };
    let files = this(vm, me)?.files;
    let rest = Args { pos: rest, kw: args.kw };
    let data = if files {
        let [file, data] =
            rest.parse(vm, &[Param::optional("cafile", Value::NONE), Param::optional("cadata", Value::NONE)])?;
        if file.is_none() { data } else { file }
    } else {
        let [data] = rest.parse(vm, &[Param::required("cadata")])?;
        data
    };
    let files = files && data.as_str().is_some_and(|s| !s.contains("-----BEGIN"));
    let data = bytes_of(vm, &data, files)?;
    let trial = TlsConfig { verify: true, authorities: data, ..TlsConfig::default() };
    session(vm, &trial)?;
    this(vm, me)?.state.borrow_mut().authorities = trial.authorities;
    Ok(Step::Done(Value::NONE))
}

fn get_ciphers(vm: &mut Vm, args: &[Value]) -> Res {
    let mut names = this(vm, &args[0])?.state.borrow().ciphers.clone();
    if names.is_empty() {
        names = board(vm).board.tls().map(|t| t.ciphers()).unwrap_or_default();
    }
    let mut list = Vec::new();
    for name in names {
        list.push(vm.new_str(&name)?);
    }
    vm.new_list(list)
}

fn set_ciphers(vm: &mut Vm, args: &[Value]) -> Res {
    let mut names = Vec::new();
    for v in vm.collect(&args[1])? {
        names.push(vm.str_arg(&v)?.replace('_', "-"));
    }
    if names.is_empty() {
        return Err(vm.value_error("no ciphers"));
    }
    let trial = TlsConfig { ciphers: names, ..TlsConfig::default() };
    session(vm, &trial)?;
    this(vm, &args[0])?.state.borrow_mut().ciphers = trial.ciphers;
    Ok(Value::NONE)
}

/// A session of the board, or the exception that says why there is none.
fn session(vm: &mut Vm, config: &TlsConfig) -> Res<alloc::boxed::Box<dyn snakeye_hal::TlsSession>> {
    let Some(tls) = board(vm).board.tls() else { return Err(vm.os_error(Errno::EOPNOTSUPP.0)) };
    tls.session(config).map_err(|e| failed(vm, &e))
}

/// The exception of a failure. Numbers are those of mbedTLS, which scripts for other ports may look for.
fn failed(vm: &mut Vm, e: &TlsError) -> Raised {
    let (number, text) = match e {
        TlsError::BadCertificate => return vm.value_error("invalid cert"),
        TlsError::BadKey => return vm.value_error("invalid key"),
        TlsError::BadConfig(why) | TlsError::Untrusted(why) => return vm.value_error(why),
        TlsError::Alert(alert) => (-0x7780, alloc::format!("the peer ended it: {alert}")),
        TlsError::Truncated => (-0x7280, "the connection ended without a TLS goodbye".to_string()),
        TlsError::Protocol(why) => (-0x7200, why.clone()),
    };
    match vm.new_str(&text) {
        Ok(text) => vm.raise_args(&exc::OS_ERROR, &[Value::int(number), text]),
        Err(e) => e,
    }
}

/// `SSLContext.wrap_socket(sock, *, server_side=False, do_handshake_on_connect=True, server_hostname=None,
/// client_id=None)`
fn wrap(vm: &mut Vm, args: Args) -> Res<Step> {
    let [me, sock, server_side, handshake, hostname, _] = args.parse(
        vm,
        &[
            Param::required("self"),
            Param::required("sock"),
            Param::keyword("server_side", Value::FALSE),
            Param::keyword("do_handshake_on_connect", Value::TRUE),
            Param::keyword("server_hostname", Value::NONE),
            Param::keyword("client_id", Value::NONE),
        ],
    )?;
    let handshake = vm.truth(&handshake)?;
    let server = vm.truth(&server_side)?;
    let server_name = match hostname.is_none() {
        true => None,
        false => Some(String::from(vm.str_arg(&hostname)?)),
    };
    let context = this(vm, &me)?;
    if server != context.server {
        return Err(vm.value_error(if context.server {
            "the context is for servers: server_side=True"
        } else {
            "the context is for clients: server_side=False"
        }));
    }
    let state = context.state.borrow();
    let verify = state.verify_mode == CERT_REQUIRED;
    if verify && !server && server_name.is_none() {
        drop(state);
        return Err(vm.value_error("CERT_REQUIRED requires server_hostname"));
    }
    let mut config = TlsConfig {
        server,
        verify,
        chain: state.chain.clone(),
        key: state.key.clone(),
        authorities: state.authorities.clone(),
        ciphers: state.ciphers.clone(),
        server_name,
        now_s: 0,
    };
    drop(state);
    let since_2000 = board(vm).board.clock().rtc_us() / 1_000_000;
    config.now_s = u64::try_from(EPOCH_2000_UNIX_S + since_2000).unwrap_or(0);
    let session = session(vm, &config)?;
    stream::open(vm, sock, session, handshake)
}

/// `ssl.wrap_socket(sock, server_side=False, key=None, cert=None, cert_reqs=CERT_NONE, cadata=None,
/// server_hostname=None, do_handshake=True)`
fn wrap_socket(vm: &mut Vm, args: Args) -> Res<Step> {
    let [sock, server_side, key, cert, cert_reqs, cadata, hostname, handshake] = args.parse(
        vm,
        &[
            Param::required("sock"),
            Param::keyword("server_side", Value::FALSE),
            Param::keyword("key", Value::NONE),
            Param::keyword("cert", Value::NONE),
            Param::keyword("cert_reqs", Value::int(CERT_NONE as i32)),
            Param::keyword("cadata", Value::NONE),
            Param::keyword("server_hostname", Value::NONE),
            Param::keyword("do_handshake", Value::TRUE),
        ],
    )?;
    let server = vm.truth(&server_side)?;
    let protocol = if server { PROTOCOL_TLS_SERVER } else { PROTOCOL_TLS_CLIENT };
    let context = new_context(vm, Args { pos: &[vm.new_int(protocol)?], kw: &[] }, true)?;
    if !cert.is_none() || !key.is_none() {
        load_cert_chain(vm, &[context.clone(), cert, key])?;
    }
    if !cadata.is_none() {
        let kw = [(vm.intern("cadata")?, cadata)];
        load_verify_locations(vm, Args { pos: core::slice::from_ref(&context), kw: &kw })?;
    }
    this(vm, &context)?.state.borrow_mut().verify_mode = vm.index_of(&cert_reqs)?;
    let kw = [
        (vm.intern("server_side")?, Value::bool(server)),
        (vm.intern("do_handshake_on_connect")?, handshake),
        (vm.intern("server_hostname")?, hostname),
    ];
    wrap(vm, Args { pos: &[context, sock], kw: &kw })
}
