//! The clock of a site: the one time zone of the country its host belongs to.

use chrono_tz::Tz;
use url::Url;

/// Country domains whose country keeps one time; those with several are left out, and so are
/// those that the world uses for other ends (.io, .tv, .co, .me).
#[rustfmt::skip]
const ZONES: [(&str, Tz); 100] = [
    ("ae", Tz::Asia__Dubai), ("af", Tz::Asia__Kabul), ("al", Tz::Europe__Tirane), ("am", Tz::Asia__Yerevan),
    ("at", Tz::Europe__Vienna), ("az", Tz::Asia__Baku), ("ba", Tz::Europe__Sarajevo), ("bd", Tz::Asia__Dhaka),
    ("be", Tz::Europe__Brussels), ("bg", Tz::Europe__Sofia), ("bh", Tz::Asia__Bahrain),
    ("bo", Tz::America__La_Paz), ("by", Tz::Europe__Minsk), ("ch", Tz::Europe__Zurich),
    ("cn", Tz::Asia__Shanghai), ("cu", Tz::America__Havana), ("cy", Tz::Asia__Nicosia),
    ("cz", Tz::Europe__Prague), ("de", Tz::Europe__Berlin), ("dk", Tz::Europe__Copenhagen),
    ("dz", Tz::Africa__Algiers), ("ee", Tz::Europe__Tallinn), ("eg", Tz::Africa__Cairo),
    ("et", Tz::Africa__Addis_Ababa), ("eu", Tz::Europe__Brussels), ("fi", Tz::Europe__Helsinki),
    ("fr", Tz::Europe__Paris), ("ge", Tz::Asia__Tbilisi), ("gh", Tz::Africa__Accra), ("gr", Tz::Europe__Athens),
    ("gt", Tz::America__Guatemala), ("hk", Tz::Asia__Hong_Kong), ("hn", Tz::America__Tegucigalpa),
    ("hr", Tz::Europe__Zagreb), ("hu", Tz::Europe__Budapest), ("ie", Tz::Europe__Dublin),
    ("il", Tz::Asia__Jerusalem), ("in", Tz::Asia__Kolkata), ("iq", Tz::Asia__Baghdad), ("ir", Tz::Asia__Tehran),
    ("is", Tz::Atlantic__Reykjavik), ("it", Tz::Europe__Rome), ("jo", Tz::Asia__Amman), ("jp", Tz::Asia__Tokyo),
    ("ke", Tz::Africa__Nairobi), ("kh", Tz::Asia__Phnom_Penh), ("kp", Tz::Asia__Pyongyang),
    ("kr", Tz::Asia__Seoul), ("kw", Tz::Asia__Kuwait), ("lb", Tz::Asia__Beirut), ("li", Tz::Europe__Vaduz),
    ("lk", Tz::Asia__Colombo), ("lt", Tz::Europe__Vilnius), ("lu", Tz::Europe__Luxembourg),
    ("lv", Tz::Europe__Riga), ("ma", Tz::Africa__Casablanca), ("mc", Tz::Europe__Monaco),
    ("md", Tz::Europe__Chisinau), ("mk", Tz::Europe__Skopje), ("mm", Tz::Asia__Yangon),
    ("mt", Tz::Europe__Malta), ("my", Tz::Asia__Kuala_Lumpur), ("ng", Tz::Africa__Lagos),
    ("ni", Tz::America__Managua), ("nl", Tz::Europe__Amsterdam), ("no", Tz::Europe__Oslo),
    ("np", Tz::Asia__Kathmandu), ("om", Tz::Asia__Muscat), ("pa", Tz::America__Panama),
    ("pe", Tz::America__Lima), ("ph", Tz::Asia__Manila), ("pk", Tz::Asia__Karachi), ("pl", Tz::Europe__Warsaw),
    ("py", Tz::America__Asuncion), ("qa", Tz::Asia__Qatar), ("ro", Tz::Europe__Bucharest),
    ("rs", Tz::Europe__Belgrade), ("sa", Tz::Asia__Riyadh), ("sd", Tz::Africa__Khartoum),
    ("se", Tz::Europe__Stockholm), ("sg", Tz::Asia__Singapore), ("si", Tz::Europe__Ljubljana),
    ("sk", Tz::Europe__Bratislava), ("sy", Tz::Asia__Damascus), ("th", Tz::Asia__Bangkok),
    ("tn", Tz::Africa__Tunis), ("tr", Tz::Europe__Istanbul), ("tw", Tz::Asia__Taipei),
    ("tz", Tz::Africa__Dar_es_Salaam), ("ua", Tz::Europe__Kyiv), ("ug", Tz::Africa__Kampala),
    ("uk", Tz::Europe__London), ("uy", Tz::America__Montevideo), ("va", Tz::Europe__Vatican),
    ("ve", Tz::America__Caracas), ("vn", Tz::Asia__Ho_Chi_Minh), ("ye", Tz::Asia__Aden),
    ("za", Tz::Africa__Johannesburg), ("zm", Tz::Africa__Lusaka), ("zw", Tz::Africa__Harare),
];

/// The zone of an address, where its host's country has only one.
pub(crate) fn of_address(url: &str) -> Option<Tz> {
    let url = Url::parse(url).ok()?;
    let (_, country) = url.host_str()?.rsplit_once('.')?;
    ZONES.iter().find(|(known, _)| *known == country).map(|(_, zone)| *zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_sorted_and_each_stands_once() {
        assert!(ZONES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn an_address_has_the_clock_of_its_country() {
        let cases = [
            ("https://www.example.de/a", Some(Tz::Europe__Berlin)),
            ("https://www.example.gov.uk/a", Some(Tz::Europe__London)),
            ("https://example.com/de", None),
            ("https://example.ca/", None),
            ("https://192.0.2.1/", None),
            ("nothing", None),
        ];
        for (url, expect) in cases {
            assert_eq!(of_address(url), expect, "{url}");
        }
    }
}
