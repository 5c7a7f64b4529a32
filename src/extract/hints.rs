//! What the names of classes and ids say about an element's purpose.

use crate::parse::dom::{Dom, Node};

/// Purposes as a set of flags; one element may have several.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::extract) struct Hints(u32);

macro_rules! purposes {
    ($($(#[$doc:meta])* $name:ident = $bit:expr;)*) => {
        impl Hints {
            $($(#[$doc])* pub(in crate::extract) const $name: Hints = Hints(1 << $bit);)*
        }
    };
}

purposes! {
    /// Article, content, story, entry, post.
    ARTICLE = 0;
    /// Body, text, paragraphs.
    BODY = 1;
    /// Lead, standfirst, dek, summary.
    LEAD = 2;
    NAVIGATION = 3;
    FOOTER = 4;
    HEADER = 5;
    SIDEBAR = 6;
    RELATED = 7;
    SHARE = 8;
    COMMENTS = 9;
    NEWSLETTER = 10;
    ADVERT = 11;
    CONSENT = 12;
    BYLINE = 13;
    AUTHOR = 14;
    DATE = 15;
    TAGS = 16;
    CAPTION = 17;
    FIGURE = 18;
    PAYWALL = 19;
    SWITCHER = 20;
    HIDDEN = 21;
    WIDGET = 22;
    QUOTE = 23;
    LIVE = 24;
    FORM = 25;
    HEADLINE = 26;
    ASIDE = 27;
    /// The name of a field above its value. No measure: a rule asks for it.
    LABEL = 28;
    /// "Opens in a new window" and its like, written for those who cannot see the icon. No measure.
    UNSEEN = 29;
}

impl Hints {
    pub(in crate::extract) const NONE: Hints = Hints(0);
    /// The names of the purposes that are measured, in the order of [`Hints::bits`].
    pub(in crate::extract) const NAMES: [&str; 28] = [
        "article",
        "body",
        "lead",
        "navigation",
        "footer",
        "header",
        "sidebar",
        "related",
        "share",
        "comments",
        "newsletter",
        "advert",
        "consent",
        "byline",
        "author",
        "date",
        "tags",
        "caption",
        "figure",
        "paywall",
        "switcher",
        "hidden",
        "widget",
        "quote",
        "live",
        "form",
        "headline",
        "aside",
    ];

    /// The flags that are measured, one by one, in the order of their numbers.
    pub(in crate::extract) fn bits(self) -> impl Iterator<Item = bool> {
        (0..Self::NAMES.len()).map(move |bit| self.0 >> bit & 1 == 1)
    }

    pub(in crate::extract) const fn has(self, any: Hints) -> bool {
        self.0 & any.0 != 0
    }

    pub(in crate::extract) const fn with(self, more: Hints) -> Hints {
        Hints(self.0 | more.0)
    }
}

/// Words of class names and ids, and what each says. Words are compared whole, in lower case,
/// after names are cut at hyphens, underscores, digits and capitals.
const NAMES: &[(&str, Hints)] = &[
    ("article", Hints::ARTICLE),
    ("articles", Hints::RELATED),
    ("story", Hints::ARTICLE),
    ("entry", Hints::ARTICLE),
    ("post", Hints::ARTICLE),
    ("posts", Hints::RELATED),
    ("news", Hints::ARTICLE),
    ("content", Hints::ARTICLE),
    ("contents", Hints::ARTICLE),
    ("main", Hints::ARTICLE),
    ("artikel", Hints::ARTICLE),
    ("beitrag", Hints::ARTICLE),
    ("noticia", Hints::ARTICLE),
    ("body", Hints::BODY),
    ("text", Hints::BODY),
    ("texto", Hints::BODY),
    ("paragraph", Hints::BODY),
    ("paragraphs", Hints::BODY),
    ("para", Hints::BODY),
    ("copy", Hints::BODY),
    ("richtext", Hints::BODY),
    ("prose", Hints::BODY),
    ("wysiwyg", Hints::BODY),
    ("cuerpo", Hints::BODY),
    ("corpo", Hints::BODY),
    ("lead", Hints::LEAD),
    ("lede", Hints::LEAD),
    ("standfirst", Hints::LEAD),
    ("dek", Hints::LEAD),
    ("deck", Hints::LEAD),
    ("intro", Hints::LEAD),
    ("introduction", Hints::LEAD),
    ("summary", Hints::LEAD),
    ("subtitle", Hints::LEAD),
    ("subheadline", Hints::LEAD),
    ("subhead", Hints::LEAD),
    ("excerpt", Hints::LEAD),
    ("teaser", Hints::LEAD.with(Hints::RELATED)),
    ("chapo", Hints::LEAD),
    ("abstract", Hints::LEAD),
    ("ingress", Hints::LEAD),
    ("kicker", Hints::TAGS),
    ("overline", Hints::TAGS),
    ("nav", Hints::NAVIGATION),
    ("navbar", Hints::NAVIGATION),
    ("navi", Hints::NAVIGATION),
    ("navigation", Hints::NAVIGATION),
    ("menu", Hints::NAVIGATION),
    ("menus", Hints::NAVIGATION),
    ("submenu", Hints::NAVIGATION),
    ("breadcrumb", Hints::NAVIGATION),
    ("breadcrumbs", Hints::NAVIGATION),
    ("crumb", Hints::NAVIGATION),
    ("crumbs", Hints::NAVIGATION),
    ("pagination", Hints::NAVIGATION),
    ("pager", Hints::NAVIGATION),
    ("paging", Hints::NAVIGATION),
    ("toc", Hints::NAVIGATION),
    ("skip", Hints::NAVIGATION),
    ("topbar", Hints::NAVIGATION),
    ("toolbar", Hints::NAVIGATION),
    ("search", Hints::NAVIGATION),
    ("footer", Hints::FOOTER),
    ("foot", Hints::FOOTER),
    ("bottom", Hints::FOOTER),
    ("copyright", Hints::FOOTER),
    ("legal", Hints::FOOTER),
    ("disclaimer", Hints::FOOTER),
    ("colophon", Hints::FOOTER),
    ("header", Hints::HEADER),
    ("masthead", Hints::HEADER),
    ("head", Hints::HEADER),
    ("banner", Hints::HEADER.with(Hints::ADVERT)),
    ("headline", Hints::HEADLINE),
    ("title", Hints::HEADLINE),
    ("heading", Hints::HEADLINE),
    ("sidebar", Hints::SIDEBAR),
    ("side", Hints::SIDEBAR),
    ("rail", Hints::SIDEBAR),
    ("aside", Hints::ASIDE),
    ("infobox", Hints::ASIDE),
    ("factbox", Hints::ASIDE),
    ("callout", Hints::ASIDE),
    ("related", Hints::RELATED),
    ("relateds", Hints::RELATED),
    ("relacionadas", Hints::RELATED),
    ("relacionados", Hints::RELATED),
    ("recommended", Hints::RELATED),
    ("recommendation", Hints::RELATED),
    ("recommendations", Hints::RELATED),
    ("recommend", Hints::RELATED),
    ("recirc", Hints::RELATED),
    ("recirculation", Hints::RELATED),
    ("readmore", Hints::RELATED),
    ("more", Hints::RELATED),
    ("also", Hints::RELATED),
    ("next", Hints::RELATED),
    ("prev", Hints::RELATED),
    ("previous", Hints::RELATED),
    ("popular", Hints::RELATED),
    ("trending", Hints::RELATED),
    ("breaking", Hints::RELATED),
    ("infinite", Hints::RELATED),
    ("latest", Hints::RELATED),
    ("mostread", Hints::RELATED),
    ("outbrain", Hints::RELATED.with(Hints::ADVERT)),
    ("taboola", Hints::RELATED.with(Hints::ADVERT)),
    ("ob", Hints::RELATED),
    ("teasers", Hints::RELATED),
    ("carousel", Hints::RELATED),
    ("card", Hints::RELATED),
    ("cards", Hints::RELATED),
    ("list", Hints::WIDGET),
    ("listing", Hints::RELATED),
    ("feed", Hints::RELATED),
    ("archive", Hints::RELATED),
    ("links", Hints::RELATED),
    ("share", Hints::SHARE),
    ("sharing", Hints::SHARE),
    ("shares", Hints::SHARE),
    ("sharedaddy", Hints::SHARE),
    ("addthis", Hints::SHARE),
    ("social", Hints::SHARE),
    ("socials", Hints::SHARE),
    ("follow", Hints::SHARE),
    ("facebook", Hints::SHARE),
    ("twitter", Hints::SHARE),
    ("whatsapp", Hints::SHARE),
    ("telegram", Hints::SHARE),
    ("print", Hints::SHARE),
    ("tools", Hints::SHARE),
    ("actions", Hints::SHARE),
    ("comment", Hints::COMMENTS),
    ("comments", Hints::COMMENTS),
    ("commentlist", Hints::COMMENTS),
    ("disqus", Hints::COMMENTS),
    ("respond", Hints::COMMENTS),
    ("reply", Hints::COMMENTS),
    ("replies", Hints::COMMENTS),
    ("kommentare", Hints::COMMENTS),
    ("discussion", Hints::COMMENTS),
    ("newsletter", Hints::NEWSLETTER),
    ("newsletters", Hints::NEWSLETTER),
    ("subscribe", Hints::NEWSLETTER),
    ("subscription", Hints::NEWSLETTER),
    ("signup", Hints::NEWSLETTER),
    ("mailing", Hints::NEWSLETTER),
    ("mailchimp", Hints::NEWSLETTER),
    ("cta", Hints::NEWSLETTER),
    ("donate", Hints::NEWSLETTER),
    ("donation", Hints::NEWSLETTER),
    ("promo", Hints::ADVERT),
    ("promotion", Hints::ADVERT),
    ("ad", Hints::ADVERT),
    ("ads", Hints::ADVERT),
    ("adv", Hints::ADVERT),
    ("advert", Hints::ADVERT),
    ("adverts", Hints::ADVERT),
    ("advertisement", Hints::ADVERT),
    ("advertising", Hints::ADVERT),
    ("sponsor", Hints::ADVERT),
    ("sponsored", Hints::ADVERT),
    ("anzeige", Hints::ADVERT),
    ("adsense", Hints::ADVERT),
    ("dfp", Hints::ADVERT),
    ("cookie", Hints::CONSENT),
    ("cookies", Hints::CONSENT),
    ("consent", Hints::CONSENT),
    ("gdpr", Hints::CONSENT),
    ("onetrust", Hints::CONSENT),
    ("cmp", Hints::CONSENT),
    ("privacy", Hints::CONSENT),
    ("byline", Hints::BYLINE),
    ("bylines", Hints::BYLINE),
    ("author", Hints::AUTHOR),
    ("authors", Hints::AUTHOR),
    ("autor", Hints::AUTHOR),
    ("auteur", Hints::AUTHOR),
    ("bio", Hints::AUTHOR),
    ("biography", Hints::AUTHOR),
    ("contributor", Hints::AUTHOR),
    ("contributors", Hints::AUTHOR),
    ("vcard", Hints::AUTHOR),
    ("profile", Hints::AUTHOR),
    ("date", Hints::DATE),
    ("dateline", Hints::DATE),
    ("datetime", Hints::DATE),
    ("published", Hints::DATE),
    ("timestamp", Hints::DATE),
    ("time", Hints::DATE),
    ("updated", Hints::DATE),
    ("datum", Hints::DATE),
    ("fecha", Hints::DATE),
    ("meta", Hints::BYLINE),
    ("metadata", Hints::BYLINE),
    ("postmeta", Hints::BYLINE),
    ("postmetadata", Hints::BYLINE),
    ("tag", Hints::TAGS),
    ("tags", Hints::TAGS),
    ("category", Hints::TAGS),
    ("categories", Hints::TAGS),
    ("topic", Hints::TAGS),
    ("topics", Hints::TAGS),
    ("keywords", Hints::TAGS),
    ("tagcloud", Hints::TAGS),
    ("section", Hints::NONE),
    ("caption", Hints::CAPTION),
    ("captions", Hints::CAPTION),
    ("figcaption", Hints::CAPTION),
    ("credit", Hints::CAPTION),
    ("credits", Hints::CAPTION),
    ("legende", Hints::CAPTION),
    ("legend", Hints::CAPTION),
    ("bildunterschrift", Hints::CAPTION),
    ("photographer", Hints::CAPTION),
    ("figure", Hints::FIGURE),
    ("image", Hints::FIGURE),
    ("images", Hints::FIGURE),
    ("img", Hints::FIGURE),
    ("photo", Hints::FIGURE),
    ("photos", Hints::FIGURE),
    ("picture", Hints::FIGURE),
    ("gallery", Hints::FIGURE),
    ("slideshow", Hints::FIGURE),
    ("slider", Hints::FIGURE.with(Hints::RELATED)),
    ("slide", Hints::FIGURE),
    ("media", Hints::FIGURE),
    ("video", Hints::FIGURE),
    ("player", Hints::FIGURE),
    ("lightbox", Hints::FIGURE),
    ("bild", Hints::FIGURE),
    ("foto", Hints::FIGURE),
    ("paywall", Hints::PAYWALL),
    ("regwall", Hints::PAYWALL),
    ("piano", Hints::PAYWALL),
    ("metered", Hints::PAYWALL),
    ("premium", Hints::PAYWALL),
    ("switcher", Hints::SWITCHER),
    ("hidden", Hints::HIDDEN),
    ("hide", Hints::HIDDEN),
    ("invisible", Hints::HIDDEN),
    ("noprint", Hints::SHARE),
    ("modal", Hints::HIDDEN),
    ("popup", Hints::HIDDEN),
    ("overlay", Hints::HIDDEN),
    ("dialog", Hints::HIDDEN),
    ("tooltip", Hints::HIDDEN),
    ("offscreen", Hints::HIDDEN),
    ("visuallyhidden", Hints::HIDDEN),
    ("widget", Hints::WIDGET),
    ("widgets", Hints::WIDGET),
    ("module", Hints::WIDGET),
    ("block", Hints::WIDGET),
    ("box", Hints::WIDGET),
    ("poll", Hints::WIDGET),
    ("quiz", Hints::WIDGET),
    ("weather", Hints::WIDGET),
    ("login", Hints::FORM),
    ("signin", Hints::FORM),
    ("password", Hints::FORM),
    ("register", Hints::FORM),
    ("registration", Hints::FORM),
    ("form", Hints::FORM),
    ("quote", Hints::QUOTE),
    ("blockquote", Hints::QUOTE),
    ("pullquote", Hints::QUOTE.with(Hints::ASIDE)),
    ("tweet", Hints::QUOTE),
    ("embed", Hints::QUOTE),
    ("instagram", Hints::QUOTE),
    ("live", Hints::LIVE),
    ("liveblog", Hints::LIVE),
    ("ticker", Hints::LIVE.with(Hints::RELATED)),
];

/// What the lists of classes of a page say, each read once: a page has few of them on many elements.
pub(in crate::extract) struct Seen {
    /// By the number of the list.
    classes: Vec<Option<Hints>>,
}

impl Seen {
    pub(in crate::extract) fn on(dom: &Dom) -> Self {
        Seen { classes: vec![None; dom.class_lists() + 1] }
    }

    fn of_classes(&mut self, node: Node<'_>) -> Hints {
        *self.classes[node.class_number()].get_or_insert_with(|| {
            let classes = node.class();
            let hints = of_names(classes);
            if is_for_screen_readers(classes) { hints.with(Hints::UNSEEN) } else { hints }
        })
    }
}

/// What an element's tag, role, class and id say together.
pub(in crate::extract) fn of(node: Node<'_>, seen: &mut Seen) -> Hints {
    let mut hints = of_tag(node.tag()).with(seen.of_classes(node));
    for (name, value) in node.attributes() {
        match name {
            "id" | "data-testid" | "data-component" | "itemprop" => {
                hints = hints.with(of_names(value));
            }
            "role" => hints = hints.with(of_role(value)),
            "hidden" => hints = hints.with(Hints::HIDDEN),
            "aria-hidden" if value == "true" => hints = hints.with(Hints::HIDDEN),
            "style" if hides(value) => hints = hints.with(Hints::HIDDEN),
            _ => {}
        }
    }
    hints
}

fn of_tag(tag: &str) -> Hints {
    match tag {
        "article" | "main" => Hints::ARTICLE,
        "nav" | "menu" => Hints::NAVIGATION,
        "footer" => Hints::FOOTER,
        "header" => Hints::HEADER,
        "aside" => Hints::ASIDE,
        "form" | "button" | "fieldset" => Hints::FORM,
        "figure" | "picture" => Hints::FIGURE,
        "figcaption" => Hints::CAPTION,
        "address" => Hints::AUTHOR,
        "time" => Hints::DATE,
        "dialog" => Hints::HIDDEN,
        _ => Hints::NONE,
    }
}

fn of_role(role: &str) -> Hints {
    match role {
        "navigation" | "menu" | "menubar" | "search" | "toolbar" => Hints::NAVIGATION,
        "contentinfo" => Hints::FOOTER,
        "banner" => Hints::HEADER,
        "complementary" => Hints::ASIDE,
        "dialog" | "alertdialog" | "tooltip" => Hints::HIDDEN,
        "main" | "article" => Hints::ARTICLE,
        _ => Hints::NONE,
    }
}

fn is_for_screen_readers(classes: &str) -> bool {
    const NAMES: &[&str] = &[
        "sr-only",
        "visually-hidden",
        "visuallyhidden",
        "screen-reader-text",
        "screenreader",
        "u-hiddenvisually",
        "element-invisible",
        "hidden-visually",
        "govuk-visually-hidden",
    ];
    let mut classes = classes.split_ascii_whitespace();
    classes.any(|name| NAMES.iter().any(|known| name.eq_ignore_ascii_case(known)))
}

fn hides(style: &str) -> bool {
    let mut rules = style.split(';').filter_map(|rule| rule.split_once(':'));
    rules.any(|(name, value)| {
        (name.trim().eq_ignore_ascii_case("display") && value.trim().starts_with("none"))
            || (name.trim().eq_ignore_ascii_case("visibility")
                && value.trim().starts_with("hidden"))
    })
}

/// `"td-post-content entryMeta2"` says what `post`, `content`, `entry` and `meta` say.
fn of_names(names: &str) -> Hints {
    names.split_ascii_whitespace().map(of_name).fold(Hints::NONE, Hints::with)
}

/// A name that ends in "label" is a label's. What stands behind that word says how the label looks:
/// `field--label-hidden` hides no field.
fn of_name(name: &str) -> Hints {
    let behind = |at: usize| name[at + "label".len()..].starts_with(['-', '_']);
    match name.as_bytes().windows("label".len()).position(|word| word == b"label") {
        Some(at) if at + "label".len() == name.len() => of_words(name).with(Hints::LABEL),
        Some(at) if behind(at) => of_words(&name[..at]),
        _ => of_words(name),
    }
}

fn of_words(name: &str) -> Hints {
    let mut hints = Hints::NONE;
    let bytes = name.as_bytes();
    let mut word = [0_u8; 24];
    let mut length = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let starts_word = byte.is_ascii_uppercase()
            && at > 0
            && (bytes[at - 1].is_ascii_lowercase()
                || bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase));
        if !byte.is_ascii_alphabetic() || starts_word {
            hints = hints.with(of_word(&word, length));
            length = 0;
        }
        if byte.is_ascii_alphabetic() {
            if length < word.len() {
                word[length] = byte.to_ascii_lowercase();
            }
            length += 1;
        }
    }
    hints.with(of_word(&word, length))
}

fn of_word(word: &[u8; 24], length: usize) -> Hints {
    if length < 2 || length > word.len() {
        return Hints::NONE;
    }
    let word = &word[..length];
    let letter = usize::from(word[0] - b'a');
    let same_letter = &TABLE.names[TABLE.starts[letter]..TABLE.starts[letter + 1]];
    same_letter
        .iter()
        .find(|(name, _)| name.as_bytes() == word)
        .map_or(Hints::NONE, |(_, hints)| *hints)
}

/// [`NAMES`] in alphabetical order, and where each letter starts.
struct ByLetter {
    names: Vec<(&'static str, Hints)>,
    starts: [usize; 27],
}

static TABLE: std::sync::LazyLock<ByLetter> = std::sync::LazyLock::new(|| {
    let mut names = NAMES.to_vec();
    names.sort_unstable_by_key(|(name, _)| *name);
    let starts = std::array::from_fn(|letter| {
        names.partition_point(|(name, _)| usize::from(name.as_bytes()[0] - b'a') < letter)
    });
    ByLetter { names, starts }
});

#[cfg(test)]
mod tests {
    use crate::extract::hints::{Hints, NAMES, TABLE, of_names};

    #[test]
    fn names_are_cut_into_words() {
        let cases = [
            ("td-post-content", Hints::ARTICLE),
            ("storyMetaBox", Hints::ARTICLE.with(Hints::BYLINE).with(Hints::WIDGET)),
            ("HTMLSidebar", Hints::SIDEBAR),
            ("download header2", Hints::HEADER),
            ("shadow navy badge", Hints::NONE),
            ("amp-mobile-version-switcher", Hints::SWITCHER),
            ("field__label", Hints::LABEL),
            ("field field--label-hidden", Hints::NONE),
            ("labels relabelled", Hints::NONE),
        ];
        for (names, expected) in cases {
            assert_eq!(of_names(names), expected, "{names}");
        }
    }

    #[test]
    fn no_name_stands_twice_and_each_fits() {
        for pair in TABLE.names.windows(2) {
            assert_ne!(pair[0].0, pair[1].0);
        }
        assert!(NAMES.iter().all(|(name, _)| name.len() <= 24));
    }
}
