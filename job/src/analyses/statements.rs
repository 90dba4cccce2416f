//! SQL text into statements, without understanding more of it than where one ends and with which word it begins.

use super::Dialect;

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its text, without the semicolon.
    pub text: String,
    /// Line of its first word in the file, from 1.
    pub line: usize,
    /// Its first word, upper case.
    pub verb: String,
    /// Its second, upper case; empty when it has none.
    pub object: String,
}

/// Words that begin, end or divide a transaction: each file is one, and that is not its own to end.
const TRANSACTION: [&str; 9] =
    ["BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE", "PREPARE"];

/// What `ALTER` changes for good in a login, beyond the tables of the analysis.
const LASTING: [&str; 3] = ["ROLE", "USER", "DEFAULT"];

/// The first statement that may not stand in an analysis, and why.
pub fn forbidden(statements: &[Statement]) -> Option<(&Statement, String)> {
    statements.iter().find_map(|statement| {
        let (verb, object) = (statement.verb.as_str(), statement.object.as_str());
        let why = if TRANSACTION.contains(&verb) {
            format!(
                "{verb} is not for an analysis: each file is one transaction, which Quietway begins and ends; remove it"
            )
        } else if verb == "ALTER" && LASTING.contains(&object) {
            format!("{verb} {object} is not for an analysis: it would change the login for later runs; remove it")
        } else {
            return None;
        };
        Some((statement, why))
    })
}

/// What a piece of SQL is, as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Space and comments.
    Blank,
    Word,
    Semicolon,
    /// Quoted things, numbers, signs.
    Other,
}

/// Statements of a file, in order. Pieces that hold only comments are none.
pub fn split(text: &str, dialect: Dialect) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut open: Option<Open> = None;
    let mut at = 0;
    while at < text.len() {
        let (kind, length) = piece(&text[at..], dialect);
        let end = at + length;
        match (kind, &mut open) {
            (Kind::Semicolon, Some(started)) if started.depth == 0 => {
                statements.extend(open.take().map(|started| started.close(text, at)));
            }
            (Kind::Blank | Kind::Semicolon, None) => {}
            (_, None) => {
                let mut started = Open { start: at, verb: String::new(), object: String::new(), depth: 0 };
                started.see(kind, &text[at..end]);
                open = Some(started);
            }
            (_, Some(started)) => started.see(kind, &text[at..end]),
        }
        at = end;
    }
    statements.extend(open.map(|started| started.close(text, text.len())));
    statements
}

/// A statement whose end is not known yet.
struct Open {
    start: usize,
    verb: String,
    object: String,
    /// Blocks (`BEGIN … END` of a trigger or function, `CASE … END`) that are open: semicolons inside do not end it.
    depth: usize,
}

impl Open {
    fn see(&mut self, kind: Kind, piece: &str) {
        if kind != Kind::Word {
            return;
        }
        let word = piece.to_ascii_uppercase();
        if self.verb.is_empty() {
            self.verb = word;
            return;
        }
        if self.verb == "CREATE" {
            match word.as_str() {
                "BEGIN" | "CASE" => self.depth += 1,
                "END" => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        if self.object.is_empty() {
            self.object = word;
        }
    }

    fn close(self, text: &str, end: usize) -> Statement {
        let line = 1 + text[..self.start].matches('\n').count();
        Statement { text: text[self.start..end].trim_end().to_owned(), line, verb: self.verb, object: self.object }
    }
}

/// The first piece and its length in bytes.
fn piece(text: &str, dialect: Dialect) -> (Kind, usize) {
    let first = text.chars().next().unwrap_or(' ');
    let second = text[first.len_utf8()..].chars().next();
    match (first, second) {
        (';', _) => (Kind::Semicolon, 1),
        ('-', Some('-')) => (Kind::Blank, text.find('\n').unwrap_or(text.len())),
        ('/', Some('*')) => (Kind::Blank, comment(text, dialect)),
        ('\'', _) => (Kind::Other, quoted(text, '\'', false)),
        ('e' | 'E', Some('\'')) if dialect == Dialect::Postgres => (Kind::Other, 1 + quoted(&text[1..], '\'', true)),
        ('"', _) => (Kind::Other, quoted(text, '"', false)),
        ('`', _) if dialect == Dialect::Sqlite => (Kind::Other, quoted(text, '`', false)),
        ('[', _) if dialect == Dialect::Sqlite => (Kind::Other, text.find(']').map_or(text.len(), |end| end + 1)),
        ('$', _) if dialect == Dialect::Postgres => (Kind::Other, dollars(text)),
        (c, _) if c.is_whitespace() => (Kind::Blank, c.len_utf8()),
        (c, _) if c.is_alphabetic() || c == '_' => {
            (Kind::Word, text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).unwrap_or(text.len()))
        }
        (c, _) => (Kind::Other, c.len_utf8()),
    }
}

/// `/* … */`; PostgreSQL's may hold others.
fn comment(text: &str, dialect: Dialect) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") && (depth == 0 || dialect == Dialect::Postgres) {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// From a quote to its end; doubled quotes are part of it, after a backslash only where those count.
fn quoted(text: &str, quote: char, backslashes: bool) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\\' && backslashes {
            chars.next();
        } else if c == quote {
            match chars.peek() {
                Some((_, next)) if *next == quote => {
                    chars.next();
                }
                _ => return at + 1,
            }
        }
    }
    text.len()
}

/// `$tag$ … $tag$`, or a lone dollar.
fn dollars(text: &str) -> usize {
    let Some(end) = text[1..].find('$').map(|end| end + 2) else { return 1 };
    let tag = &text[..end];
    let is_tag = tag[1..end - 1].chars().all(|c| c.is_alphanumeric() || c == '_')
        && !tag[1..].starts_with(|c: char| c.is_ascii_digit());
    match text[end..].find(tag) {
        Some(close) if is_tag => end + close + end,
        None if is_tag => text.len(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sql: &str, dialect: Dialect) -> Vec<String> {
        split(sql, dialect).into_iter().map(|statement| statement.text).collect()
    }

    #[test]
    fn semicolons_in_quotes_and_comments_end_nothing() {
        let sql = "-- a; b\nSELECT ';', \"a;b\" /* ; */ , 'it''s;';\n\n  SELECT 2 -- ;\n;;";
        let found = split(sql, Dialect::Sqlite);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].line, found[1].line), (2, 4));
        assert_eq!(found[1].verb, "SELECT");
    }

    #[test]
    fn postgres_quotes_with_dollars_and_backslashes() {
        let sql = r"DO $x$ BEGIN; COMMIT; $$ ; END $x$; SELECT E'\';', $$;$$; SELECT '\'; SELECT 1";
        assert_eq!(texts(sql, Dialect::Postgres).len(), 4);
        assert_eq!(texts("/* a /* b; */ c; */ SELECT 1; SELECT 2", Dialect::Postgres).len(), 2);
        assert_eq!(texts("/* a /* b; */ SELECT 1", Dialect::Sqlite), ["SELECT 1"]);
        assert_eq!(texts("SELECT [a;b], `c;d`", Dialect::Sqlite).len(), 1);
    }

    #[test]
    fn a_trigger_is_one_statement() {
        let sql =
            "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; SELECT CASE WHEN 1 THEN 2 END; END; SELECT 1;";
        assert_eq!(texts(sql, Dialect::Sqlite).len(), 2);
        assert_eq!(texts("CREATE TABLE a AS SELECT CASE WHEN 1 THEN 2 END; SELECT 1", Dialect::Postgres).len(), 2);
    }

    #[test]
    fn transaction_statements_are_found_by_their_line() {
        let sql = "SELECT 'COMMIT';\n/* COMMIT; */ SELECT 1;\n  commit ;";
        let statements = split(sql, Dialect::Postgres);
        assert_eq!(forbidden(&statements).map(|(statement, _)| statement.line), Some(3));
        assert_eq!(forbidden(&split("SELECT 1", Dialect::Sqlite)), None);
    }

    #[test]
    fn what_would_change_the_login_is_found() {
        for sql in ["alter /* */ role analyst SET a = 1", "ALTER USER x PASSWORD 'y'", "ALTER DEFAULT PRIVILEGES GRANT"]
        {
            let said = forbidden(&split(sql, Dialect::Postgres)).map(|(_, why)| why).unwrap();
            assert!(said.contains("would change the login"), "{said}");
        }
        assert_eq!(forbidden(&split("ALTER TABLE role ADD COLUMN n int", Dialect::Postgres)), None);
    }

    #[test]
    fn what_never_ends_ends_with_the_file() {
        for sql in ["SELECT 'a; b", "SELECT $x$ ; b", "SELECT /* ; b", "SELECT \"é;"] {
            assert_eq!(texts(sql, Dialect::Postgres).len(), 1, "{sql}");
        }
    }
}
