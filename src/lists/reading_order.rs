//! Names of persons as they are read: given names before the family name.

/// `LAST, First Middle` as `First Middle LAST`; a name without a comma stays. What follows a
/// second comma (`, Jr.`) stays at the end.
///
/// The order is OFAC's: everything before the first comma is the family name.
pub(crate) fn from_comma_order(name: &str) -> String {
    let Some((last, rest)) = name.split_once(',') else {
        return name.trim().to_owned();
    };
    let (first, suffix) = rest.split_once(',').unwrap_or((rest, ""));
    join(&[first, last, suffix])
}

/// The parts that are not empty, with a blank between.
pub(crate) fn join(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts.iter().map(|part| part.trim()).filter(|p| !p.is_empty()).collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn family_names_go_last() {
        let cases = [
            ("CRUZ, Juan M. de la", "Juan M. de la CRUZ"),
            ("AL-ADL, Sayf", "Sayf AL-ADL"),
            ("ANGULO OROBIO (SEGUNDO), Jose", "Jose ANGULO OROBIO (SEGUNDO)"),
            ("SMITH, John, Jr.", "John SMITH Jr."),
            ("TAHA", "TAHA"),
            ("KIM,", "KIM"),
            (",", ""),
        ];
        for (written, read) in cases {
            assert_eq!(from_comma_order(written), read);
        }
    }
}
