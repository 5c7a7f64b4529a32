//! Tells cargo to build again when a file joins or leaves a folder that travels in the binary;
//! `include_dir!` notices only changes of the files it already has.

fn main() {
    for folder in ["selectors", "db/migrations"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
