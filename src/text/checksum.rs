//! Check digits of public numbers: what tells an identifier from any row of digits.

/// The check digit of an IMO ship number: weights 7 to 2 over the first six of seven digits.
///
/// ```
/// use sanctionwatch::text::checksum::is_ship_number;
/// assert!(is_ship_number("9187629") && !is_ship_number("9187628"));
/// ```
pub fn is_ship_number(digits: &str) -> bool {
    let digits = numbers(digits);
    let sum: u32 = digits.iter().zip((2..=7).rev()).map(|(digit, weight)| digit * weight).sum();
    digits.len() == 7 && digits[6] == sum % 10 && digits.iter().any(|digit| *digit != 0)
}

/// The check digits of a Russian tax number, ten digits for a company, twelve for a person (order
/// MM-7-6/435 of the Federal Tax Service).
pub fn is_tax_number(digits: &str) -> bool {
    let digits = numbers(digits);
    let check = |weights: &[u32]| {
        weights.iter().zip(&digits).map(|(weight, digit)| weight * digit).sum::<u32>() % 11 % 10
    };
    match digits.len() {
        10 => check(&[2, 4, 10, 3, 5, 9, 4, 6, 8]) == digits[9],
        12 => {
            check(&[7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) == digits[10]
                && check(&[3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) == digits[11]
        }
        _ => false,
    }
}

/// The check digit of a Russian registration number: the rest of the others by 11, by 13 for the
/// fifteen digits of an entrepreneur.
pub fn is_registration_number(digits: &str) -> bool {
    let divisor = match digits.len() {
        13 => 11,
        15 => 13,
        _ => return false,
    };
    let (Some(body), Some(check)) =
        (digits.get(..digits.len() - 1), digits.get(digits.len() - 1..))
    else {
        return false;
    };
    body.parse::<u64>().is_ok_and(|body| (body % divisor % 10).to_string() == check)
}

/// The check digits of a Legal Entity Identifier (ISO 17442): letters count from 10, the whole
/// number leaves 1 over 97.
///
/// ```
/// use sanctionwatch::text::checksum::is_entity_identifier;
/// assert!(is_entity_identifier("5493001KJTIIGC8Y1R12"));
/// ```
pub fn is_entity_identifier(text: &str) -> bool {
    let rest = text.chars().filter_map(|c| c.to_digit(36)).fold(0u64, |rest, value| {
        let shift = if value < 10 { 10 } else { 100 };
        (rest * shift + u64::from(value)) % 97
    });
    text.len() == 20 && rest == 1
}

fn numbers(digits: &str) -> Vec<u32> {
    digits.chars().filter_map(|c| c.to_digit(10)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_wrong_digit_is_seen() {
        fn check(is_valid: fn(&str) -> bool, right: &str, wrong: &str) {
            assert!(is_valid(right), "{right}");
            assert!(!is_valid(wrong), "{wrong}");
            assert!(!is_valid(""));
        }
        check(is_ship_number, "9187629", "9187639");
        check(is_tax_number, "7706107510", "7706107511");
        check(is_registration_number, "1027700043502", "1027700043503");
        check(is_entity_identifier, "5493001KJTIIGC8Y1R12", "5493001KJTIIGC8Y1R13");
    }
}
