//! The opcode table: one declarative list that encoder, verifier, disassembler and run loop share.
//!
//! An instruction is one 32-bit word `op | a << 8 | b << 16 | c << 24`; `bx` is the 16-bit field
//! `b | c << 8`, `sbx` the same as a signed number. Opcodes whose shape has an extension are
//! followed by one more word, `x`. Jump distances are counted in words from the end of the
//! instruction. `R[n]` is a register of the frame, `K` the constants, `N` the names.

/// Fields an instruction uses; verifier and disassembler are driven by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// No operand.
    None,
    /// `a` is a register.
    A,
    /// `a`, `b` are registers.
    AB,
    /// `a`, `b`, `c` are registers.
    ABC,
    /// `a`, `b` are registers, `c` a signed 8-bit integer.
    ABi,
    /// `a` is a register, `b` a plain number.
    An,
    /// `a` is a register, `sbx` a signed 16-bit integer.
    ASbx,
    /// `a` is a register, `bx` a constant.
    AK,
    /// `a` is a register, `bx` a name.
    AN,
    /// `a` is a register, `bx` an index into the function's free variables.
    AF,
    /// `bx` is a name.
    N,
    /// `bx` is an index into the function's free variables.
    F,
    /// `a` is the first of `b` registers.
    Range,
    /// `a` is a register; `b` is the first of `c` registers.
    ARange,
    /// `a` is a register; `b` is the first of `2 * c` registers.
    APairs,
    /// A signed 24-bit jump distance in `a`, `b`, `c`.
    Jump,
    /// `a` is a register, `x` a jump distance.
    AJump,
    /// `a`, `b` are registers, `c` the polarity (0 or 1), `x` a jump distance.
    ABJump,
    /// `a` is a register, `b` a signed 8-bit integer, `c` the polarity, `x` a jump distance.
    AiJump,
    /// `a` is a register; `bx` a name; `x` = cache index | flags << 16.
    ANCache,
    /// `a`, `b` are registers; `c` flags; `x` = name | cache index << 16.
    ABCache,
    /// `a`, `b` are registers; `x` a name.
    ABName,
    /// `a` is a register, `bx` a free variable, `x` a name.
    AFName,
    /// A call: `a` is the first register of its window; `b`, `c` count.
    Call,
    /// A call with keywords: as `Call`, `x` the constant that holds the tuple of names.
    CallKw,
    /// `a` is a register, `bx` a child code; `x` = flags | register << 8.
    Function,
    /// `a` is a register, `bx` a name; `x` = constant of the from-list (0xFFFF: none) | level << 16.
    Import,
    /// `a` first target, `b` source, `c` targets before the star; `x` targets after it.
    UnpackEx,
}

impl Shape {
    /// Whether an extension word follows.
    pub const fn has_ext(self) -> bool {
        matches!(
            self,
            Shape::AJump
                | Shape::ABJump
                | Shape::AiJump
                | Shape::ANCache
                | Shape::ABCache
                | Shape::ABName
                | Shape::AFName
                | Shape::CallKw
                | Shape::Function
                | Shape::Import
                | Shape::UnpackEx
        )
    }
}

macro_rules! opcodes {
    ($($(#[$doc:meta])* $name:ident : $shape:ident),* $(,)?) => {
        /// An operation. The doc of each variant says what it does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Op { $($(#[$doc])* $name),* }

        /// Every operation in the order of its code.
        pub const OPS: &[Op] = &[$(Op::$name),*];

        impl Op {
            /// The operand shape.
            pub const fn shape(self) -> Shape {
                match self { $(Op::$name => Shape::$shape),* }
            }
            /// The name shown by the disassembler.
            pub const fn name(self) -> &'static str {
                match self { $(Op::$name => stringify!($name)),* }
            }
        }
    };
}

opcodes! {
    /// Does nothing.
    Nop: None,
    /// R[a] = R[b]. R[b] must be bound (the compiler checks first where it cannot know).
    Move: AB,
    /// R[a] = sbx.
    LoadInt: ASbx,
    /// R[a] = K[bx].
    LoadConst: AK,
    /// R[a] = the [`Special`] value numbered b.
    LoadSpecial: An,
    /// Raises NameError when R[a] is unbound ("local variable referenced before assignment").
    CheckBound: A,
    /// Unbinds the registers R[a] .. R[a+b-1], dropping what they hold.
    Clear: Range,

    /// R[a] = a new cell that takes over R[a]'s value (which may be unbound).
    MakeCell: A,
    /// R[a] = contents of the cell R[b]; NameError when unbound.
    LoadCell: AB,
    /// Contents of the cell R[a] = R[b].
    StoreCell: AB,
    /// Unbinds the contents of the cell R[a]; NameError when already unbound.
    DelCell: A,
    /// R[a] = contents of free variable bx; NameError when unbound.
    LoadFree: AF,
    /// Contents of free variable bx = R[a].
    StoreFree: AF,
    /// Unbinds free variable bx.
    DelFree: F,
    /// In a class body: R[a] = the class namespace's N[x] when present, else free variable bx.
    LoadClassFree: AFName,

    /// R[a] = global or builtin N[bx]. x = cache.
    LoadGlobal: ANCache,
    /// global N[bx] = R[a]. x = cache | flags << 16; flag bit 0: move (R[a] becomes unbound).
    StoreGlobal: ANCache,
    /// Deletes global N[bx]; NameError when missing.
    DelGlobal: N,
    /// R[a] = N[bx] from the frame's namespace dict (class body, exec with locals), else global, else builtin.
    LoadName: AN,
    /// Namespace dict N[bx] = R[a].
    StoreName: AN,
    /// Deletes N[bx] from the namespace dict; NameError when missing.
    DelName: N,

    /// R[a] = R[b].N[x]. x = name | cache << 16.
    LoadAttr: ABCache,
    /// R[a].N[x] = R[b]. c flag bit 0: move (R[b] becomes unbound).
    StoreAttr: ABCache,
    /// del R[a].N[bx].
    DelAttr: AN,
    /// Method look-up for a call: R[a] = function and R[a+1] = R[b] as self, or, when the attribute
    /// is not a plain method, R[a] = the attribute and R[a+1] = unbound. `a` may equal `b`.
    LoadMethod: ABCache,
    /// R[a] = R[b][R[c]].
    GetItem: ABC,
    /// R[a][R[b]] = R[c].
    SetItem: ABC,
    /// del R[a][R[b]].
    DelItem: AB,
    /// R[a] = slice(R[b], R[b+1], R[b+2]).
    BuildSlice: AB,

    /// R[a] = R[b] + R[c]; likewise the next ones.
    Add: ABC,
    /// `-`
    Sub: ABC,
    /// `*`
    Mul: ABC,
    /// `/`
    TrueDiv: ABC,
    /// `//`
    FloorDiv: ABC,
    /// `%`
    Mod: ABC,
    /// `**`
    Pow: ABC,
    /// `<<`
    Shl: ABC,
    /// `>>`
    Shr: ABC,
    /// `&`
    And: ABC,
    /// `|`
    Or: ABC,
    /// `^`
    Xor: ABC,
    /// `@`
    MatMul: ABC,
    /// In-place forms: R[a] = R[b] op= R[c]. The compiler has a == b for locals.
    IAdd: ABC,
    /// `-=`
    ISub: ABC,
    /// `*=`
    IMul: ABC,
    /// `/=`
    ITrueDiv: ABC,
    /// `//=`
    IFloorDiv: ABC,
    /// `%=`
    IMod: ABC,
    /// `**=`
    IPow: ABC,
    /// `<<=`
    IShl: ABC,
    /// `>>=`
    IShr: ABC,
    /// `&=`
    IAnd: ABC,
    /// `|=`
    IOr: ABC,
    /// `^=`
    IXor: ABC,
    /// `@=`
    IMatMul: ABC,
    /// R[a] = R[b] + c (signed 8 bits).
    AddI: ABi,
    /// R[a] = R[b] - c.
    SubI: ABi,
    /// R[a] = R[b] += c.
    IAddI: ABi,
    /// R[a] = R[b] -= c.
    ISubI: ABi,
    /// R[a] = -R[b].
    Neg: AB,
    /// R[a] = +R[b].
    Pos: AB,
    /// R[a] = ~R[b].
    Invert: AB,
    /// R[a] = not R[b].
    Not: AB,

    /// R[a] = R[b] == R[c]; likewise the next ones.
    Eq: ABC,
    /// `!=`
    Ne: ABC,
    /// `<`
    Lt: ABC,
    /// `<=`
    Le: ABC,
    /// `>`
    Gt: ABC,
    /// `>=`
    Ge: ABC,
    /// `is`
    Is: ABC,
    /// `is not`
    IsNot: ABC,
    /// R[b] in R[c]
    In: ABC,
    /// R[b] not in R[c]
    NotIn: ABC,

    /// Jumps forward or out of a loop.
    Jump: Jump,
    /// Jumps backwards: a loop's edge, where the VM may switch threads or notice an interrupt.
    JumpBack: Jump,
    /// Jumps by x when R[a] is true.
    JumpTrue: AJump,
    /// Jumps by x when R[a] is false.
    JumpFalse: AJump,
    /// Jumps by x when the truth of `R[a] == R[b]` is c (0 or 1); likewise the next ones.
    JumpEq: ABJump,
    /// `!=`
    JumpNe: ABJump,
    /// `<`
    JumpLt: ABJump,
    /// `<=`
    JumpLe: ABJump,
    /// `>`
    JumpGt: ABJump,
    /// `>=`
    JumpGe: ABJump,
    /// `is` (use c = 0 for `is not`)
    JumpIs: ABJump,
    /// R[a] in R[b]
    JumpIn: ABJump,
    /// Jumps by x when the truth of `R[a] == b` (b: signed 8 bits) is c; likewise the next ones.
    JumpEqI: AiJump,
    /// `!=`
    JumpNeI: AiJump,
    /// `<`
    JumpLtI: AiJump,
    /// `<=`
    JumpLeI: AiJump,
    /// `>`
    JumpGtI: AiJump,
    /// `>=`
    JumpGeI: AiJump,

    /// R[a] = iter(R[b]).
    GetIter: AB,
    /// Turns the iterable R[a] into a loop's private state in R[a], R[a+1], R[a+2] (no allocation for
    /// ranges, lists, tuples). The three registers belong to the loop until it ends; only ForIter reads
    /// them, and the compiler clears them after the loop (normal end, break or exception).
    ForPrep: A,
    /// Next item of the loop state R[b..b+3] into R[a], or a jump by x when it is exhausted.
    ForIter: ABJump,

    /// Yields R[b]; when resumed, R[a] = the value sent.
    Yield: AB,
    /// One step of `yield from` / `await`: sends R[b] (None at first) into the iterator R[a]. When that
    /// yields, so does this frame, staying at this instruction; the value sent to this frame becomes
    /// R[b]. When it returns, R[b] = its value and execution goes on.
    YieldFrom: AB,
    /// R[a] = the iterator that `yield from R[b]` drives.
    GetYieldFromIter: AB,
    /// R[a] = the iterator that `await R[b]` drives (`__await__`, a coroutine, a generator, `__iter__`).
    GetAwaitable: AB,

    /// Calls R[a] with the b arguments R[a+1] ..; the result is R[a]. Consumes the window: R[a+1] .. are
    /// unbound afterwards.
    Call: Call,
    /// After LoadMethod at a: b arguments are at R[a+2] .. . Result in R[a], the rest unbound.
    CallMethod: Call,
    /// Calls R[a] with b positional arguments at R[a+1] .. and then c keyword values, whose names are the
    /// tuple K[x].
    CallKw: CallKw,
    /// CallMethod with keywords: b positional at R[a+2] .., then c keyword values.
    CallMethodKw: CallKw,
    /// Calls R[a] with the positional arguments in the list R[a+1] and the keywords in the dict R[a+2]
    /// (None: no keywords).
    CallEx: A,
    /// As CallEx after LoadMethod at a: the list is R[a+2], the dict R[a+3].
    CallMethodEx: A,
    /// Returns R[a] to the caller.
    Return: A,
    /// Returns None.
    ReturnNone: None,
    /// R[a] = function of child code bx. x = flags | r << 8: bit 0: R[r] is the tuple of positional
    /// defaults; bit 1: R[r+1] is the dict of keyword-only defaults. Captures its free variables as the
    /// child's [`FreeVar`](crate::FreeVar)s say.
    MakeFunction: Function,
    /// R[a] = the builtin that builds a class: called with (body function, name, *bases, **keywords). The
    /// body runs with a fresh namespace dict and returns its `__class__` cell (raw register) or None.
    LoadBuildClass: A,

    /// R[a] = list of R[b] .. R[b+c-1]. The elements are moved out (left unbound).
    BuildList: ARange,
    /// R[a] = tuple; as BuildList.
    BuildTuple: ARange,
    /// R[a] = set; as BuildList.
    BuildSet: ARange,
    /// R[a] = dict of c pairs R[b] : R[b+1] ..; moved out.
    BuildMap: APairs,
    /// R[a] = the c strings at R[b] .. joined; moved out.
    BuildString: ARange,
    /// R[a] = format(R[b], spec). c: bits 0–1 conversion (0 none, 1 str, 2 repr, 3 ascii), bit 2: the spec is
    /// the string R[b+1] (else empty).
    Format: ABC,
    /// list R[a].append(R[b]).
    ListAppend: AB,
    /// list R[a].extend(R[b]).
    ListExtend: AB,
    /// set R[a].add(R[b]).
    SetAdd: AB,
    /// set R[a].update(R[b]).
    SetUpdate: AB,
    /// dict R[a][R[b]] = R[c].
    MapSet: ABC,
    /// dict R[a].update(R[b]): `{**x}`.
    MapUpdate: AB,
    /// As MapUpdate for call keywords: keys must be strings and new, else TypeError.
    MapMerge: AB,
    /// R[a] = tuple(list R[b]).
    ListToTuple: AB,
    /// Unpacks R[b] into exactly c registers from R[a]; ValueError on another length.
    Unpack: ARange,
    /// Unpacks R[b] into c registers from R[a], a list in R[a+c], and x more after it.
    UnpackEx: UnpackEx,

    /// R[a] = import of N[bx] (dotted). Without a from-list the top package, with one the leaf module.
    Import: Import,
    /// R[a] = attribute N[x] of module R[b], else the submodule of that name; ImportError when neither.
    ImportFrom: ABName,
    /// Binds all public names of module R[a] in the frame's namespace (globals).
    ImportStar: A,

    /// Raises R[a] (an exception or a class).
    Raise: A,
    /// Raises R[a] from R[b].
    RaiseFrom: AB,
    /// Raises the exception R[a] again, its traceback kept.
    Reraise: A,
    /// Jumps by x when the exception R[a] does not match the class or tuple R[b] (c is 0).
    JumpNoMatch: ABJump,
    /// R[a] = type(R[b]).
    TypeOf: AB,
    /// R[a] = R[b].__aiter__().
    GetAiter: AB,
    /// R[a] = R[b].__anext__() (an awaitable).
    GetAnext: AB,
    /// Prints repr(R[a]) at the REPL unless it is None, and binds `_`.
    PrintExpr: A,
    /// R[a] = R[b], which becomes unbound: how the result of a call reaches a local without a stale
    /// second reference that would keep it alive. R[b] is bound and a differs from b.
    Take: AB,
}

/// Values that `LoadSpecial` loads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Special {
    /// None
    None = 0,
    /// False
    False = 1,
    /// True
    True = 2,
    /// Ellipsis
    Ellipsis = 3,
}

impl Special {
    /// The value numbered `n`.
    pub const fn from_u8(n: u8) -> Option<Special> {
        match n {
            0 => Some(Special::None),
            1 => Some(Special::False),
            2 => Some(Special::True),
            3 => Some(Special::Ellipsis),
            _ => None,
        }
    }
}

impl Op {
    /// The operation with code `n`.
    pub fn from_u8(n: u8) -> Option<Op> {
        OPS.get(n as usize).copied()
    }
}
