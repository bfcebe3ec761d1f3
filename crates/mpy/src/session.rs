//! One file being translated: what its functions share, and the limits they share.

use crate::Error;
use crate::emit::Emit;
use crate::file::{Module, Raw};
use crate::prelude::{self, Prelude};
use crate::translate::Translator;
use alloc::boxed::Box;
use alloc::rc::Rc;
use alloc::vec::Vec;
use snakeye_bytecode::{Code, CodeFlags, Const, FreeVar};

/// What the functions of a file share.
pub(crate) struct Session<'a> {
    pub module: &'a Module<'a>,
    pub file: Rc<str>,
    /// Instructions and places of states that may still be handled. Code that is entered in several ways is
    /// translated once for each; this bounds what a hostile file can make of that.
    pub work: usize,
    /// Bytes of constants that may still be copied into functions.
    pub bytes: usize,
    /// Steps that may still be looked ahead.
    pub looks: usize,
}

/// What kind of body a child is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    Module,
    Class,
    Function,
}

/// Translates a whole file of `len` bytes.
pub(crate) fn translate(module: &Module, len: usize) -> Result<Code, Error> {
    let file = module.names.first().copied().unwrap_or("");
    let mut session = Session {
        module,
        file: file.into(),
        work: len.saturating_mul(12).saturating_add(4096),
        bytes: len.saturating_mul(32).saturating_add(4096),
        looks: len.saturating_mul(64).saturating_add(4096),
    };
    session.body(&module.body, Vec::new(), Body::Module)
}

impl<'a> Session<'a> {
    /// Takes `n` from the work that may still be done.
    pub fn spend(&mut self, n: usize) -> Result<(), Error> {
        self.work = self.work.checked_sub(n).ok_or(Error::TooComplex)?;
        Ok(())
    }

    pub fn name(&self, id: usize) -> Result<&'a str, Error> {
        self.module.names.get(id).copied().ok_or(Error::Corrupt)
    }

    /// A copy of a constant.
    pub fn copy(&mut self, id: usize) -> Result<Const, Error> {
        let c = self.module.constants.get(id).ok_or(Error::Corrupt)?;
        self.charge(c)?;
        Ok(c.clone())
    }

    /// Counts a copy of a constant.
    pub fn charge(&mut self, c: &Const) -> Result<(), Error> {
        self.bytes = self.bytes.checked_sub(size(c)).ok_or(Error::TooComplex)?;
        Ok(())
    }

    /// Translates a body that captures `free`.
    pub fn body(&mut self, raw: &'a Raw<'a>, free: Vec<FreeVar>, kind: Body) -> Result<Code, Error> {
        let prelude = Prelude::read(raw.data)?;
        let n_free = free.len();
        let n_pos = prelude.n_pos.checked_sub(n_free).ok_or(Error::Corrupt)?;
        let mut flags = match kind {
            Body::Module => CodeFlags::MODULE,
            Body::Class => CodeFlags::CLASS_BODY,
            Body::Function => 0,
        };
        for (mine, theirs) in [
            (CodeFlags::GENERATOR, prelude::GENERATOR),
            (CodeFlags::VARARGS, prelude::VAR_ARGS),
            (CodeFlags::VARKEYWORDS, prelude::VAR_KEYWORDS),
        ] {
            if prelude.flags & theirs != 0 {
                flags |= mine;
            }
        }
        let mut code = Code {
            name: self.name(prelude.name)?.into(),
            file: self.file.clone(),
            flags: CodeFlags(flags),
            n_pos: u8::try_from(n_pos).map_err(|_| Error::TooComplex)?,
            n_kwonly: u8::try_from(prelude.n_kwonly).map_err(|_| Error::TooComplex)?,
            first_line: prelude.line(0),
            ..Code::default()
        };
        for &id in prelude.params.get(n_free..).unwrap_or(&[]) {
            crate::push(&mut code.varnames, self.name(id)?.into())?;
        }
        // *args and **kwargs have no names in the file.
        code.varnames.resize(code.n_params(), Box::default());
        code.free = free.into_iter().map(|from| (Box::default(), from)).collect();
        Translator::new(self, raw, &prelude, kind, Emit::new(code))?.run()
    }
}

/// About how many bytes a constant takes.
fn size(c: &Const) -> usize {
    size_of::<Const>()
        + match c {
            Const::Str(s) | Const::BigInt(s, _) => s.len(),
            Const::Bytes(b) => b.len(),
            Const::Tuple(items) => items.iter().map(size).sum(),
            _ => 0,
        }
}
