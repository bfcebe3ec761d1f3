//! The kinds of tokens.

use crate::ast::{Operator, Pos};

/// A token: what it is and which bytes of the source it covers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub kind: Tok,
    pub start: usize,
    pub end: usize,
    pub pos: Pos,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tok {
    Eof,
    Newline,
    Indent,
    Dedent,
    Name,
    Number,
    /// A whole string or bytes literal with its prefix and quotes.
    String,
    /// Prefix and opening quotes of an f-string; the parser drives the rest.
    FString,
    /// The same of a t-string.
    TString,
    LParen,
    RParen,
    LBracket,
    RBracket,
    LBrace,
    RBrace,
    Comma,
    Semicolon,
    Colon,
    Dot,
    Ellipsis,
    Arrow,
    Exclamation,
    ColonEqual,
    Equal,
    /// `+=` and its like.
    Augmented(Operator),
    Plus,
    Minus,
    Star,
    DoubleStar,
    Slash,
    DoubleSlash,
    Percent,
    At,
    Ampersand,
    Bar,
    Caret,
    Tilde,
    LShift,
    RShift,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    EqualEqual,
    NotEqual,
    False,
    None,
    True,
    Debug,
    And,
    As,
    Assert,
    Async,
    Await,
    Break,
    Class,
    Continue,
    Def,
    Del,
    Elif,
    Else,
    Except,
    Finally,
    For,
    From,
    Global,
    If,
    Import,
    In,
    Is,
    Lambda,
    Nonlocal,
    Not,
    Or,
    Pass,
    Raise,
    Return,
    Try,
    While,
    With,
    Yield,
}

impl Tok {
    /// The keyword spelled `word`, else a name.
    pub fn of_word(word: &[u8]) -> Tok {
        match word {
            b"if" => Tok::If,
            b"in" => Tok::In,
            b"is" => Tok::Is,
            b"or" => Tok::Or,
            b"as" => Tok::As,
            b"and" => Tok::And,
            b"def" => Tok::Def,
            b"del" => Tok::Del,
            b"for" => Tok::For,
            b"not" => Tok::Not,
            b"try" => Tok::Try,
            b"None" => Tok::None,
            b"True" => Tok::True,
            b"elif" => Tok::Elif,
            b"else" => Tok::Else,
            b"from" => Tok::From,
            b"pass" => Tok::Pass,
            b"with" => Tok::With,
            b"False" => Tok::False,
            b"async" => Tok::Async,
            b"await" => Tok::Await,
            b"break" => Tok::Break,
            b"class" => Tok::Class,
            b"raise" => Tok::Raise,
            b"while" => Tok::While,
            b"yield" => Tok::Yield,
            b"assert" => Tok::Assert,
            b"except" => Tok::Except,
            b"global" => Tok::Global,
            b"import" => Tok::Import,
            b"lambda" => Tok::Lambda,
            b"return" => Tok::Return,
            b"finally" => Tok::Finally,
            b"continue" => Tok::Continue,
            b"nonlocal" => Tok::Nonlocal,
            b"__debug__" => Tok::Debug,
            _ => Tok::Name,
        }
    }

    /// Whether an expression can start with this token.
    pub fn starts_expression(self) -> bool {
        matches!(
            self,
            Tok::Name
                | Tok::Number
                | Tok::String
                | Tok::FString
                | Tok::TString
                | Tok::LParen
                | Tok::LBracket
                | Tok::LBrace
                | Tok::Ellipsis
                | Tok::Plus
                | Tok::Minus
                | Tok::Tilde
                | Tok::Not
                | Tok::Lambda
                | Tok::Await
                | Tok::None
                | Tok::True
                | Tok::False
                | Tok::Debug
        )
    }

    /// Whether this is a word that cannot be a name.
    pub fn is_keyword(self) -> bool {
        matches!(
            self,
            Tok::False
                | Tok::None
                | Tok::True
                | Tok::Debug
                | Tok::And
                | Tok::As
                | Tok::Assert
                | Tok::Async
                | Tok::Await
                | Tok::Break
                | Tok::Class
                | Tok::Continue
                | Tok::Def
                | Tok::Del
                | Tok::Elif
                | Tok::Else
                | Tok::Except
                | Tok::Finally
                | Tok::For
                | Tok::From
                | Tok::Global
                | Tok::If
                | Tok::Import
                | Tok::In
                | Tok::Is
                | Tok::Lambda
                | Tok::Nonlocal
                | Tok::Not
                | Tok::Or
                | Tok::Pass
                | Tok::Raise
                | Tok::Return
                | Tok::Try
                | Tok::While
                | Tok::With
                | Tok::Yield
        )
    }
}
