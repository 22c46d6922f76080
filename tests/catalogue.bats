#!/usr/bin/env bats
# The catalogues (include/gotune/model/*.def) and what is made from them: gotune-reasons(7), whose
# every word is the schema's, and whose every command and key exists.

setup() {
	cd "$BATS_TEST_DIRNAME/.." || return
	GOTUNE=${BUILD:-build}/gotune
	PAGE=docs/gotune-reasons.7
	T=$BATS_TEST_TMPDIR
}

# words SECTION: those that the page has there.
words() {
	awk -v section="$1" '/^\.Sh / { on = substr($0, 5) == section } on && /^\.It Cm / { print $3 }' "$PAGE"
}

# literals PATTERN: the commands, keys and values of the page that match.
literals() {
	sed -n 's/^\.Ql //p' "$PAGE" | sed 's/\\-/-/g' | grep -oE "$1" | sort -u
}

@test "the page in docs is what contrib/reasons-man writes" {
	contrib/reasons-man >"$T/page"
	diff -u "$PAGE" "$T/page" || {
		echo 'contrib/reasons-man >docs/gotune-reasons.7 writes it anew'
		return 1
	}
}

@test "what a catalogue says reaches the page" {
	local catalogue
	mkdir "$T/contrib" && cp contrib/reasons-man "$T/contrib"
	for catalogue in reasons warnings notes troubles lives counters; do
		rm -rf "$T/include" && cp -r include "$T"
		sed -i '/^#undef X/i X(NEW, "new-word", "it is" " new",\n  "run `gotune x --y`, now")' "$T/include/gotune/model/$catalogue.def"
		"$T/contrib/reasons-man" >"$T/page"
		diff "$PAGE" "$T/page" >"$T/diff" && return 1
		printf '> %s\n' '.It Cm new-word' 'It is new.' 'Run' '.Ql gotune x \-\-y ,' 'now.' | diff - <(grep '^>' "$T/diff")
	done
}

@test "a row that cannot be read is refused" {
	mkdir "$T/contrib" && cp contrib/reasons-man "$T/contrib"
	cp -r include "$T"
	sed -i '/^#undef X/i X(NEW, "new-word", "it is", "a \\"quote\\"")' "$T/include/gotune/model/counters.def"
	run "$T/contrib/reasons-man"
	[ "$status" = 1 ]
	[[ $output == *'not a row:'*'"new-word"'* ]]
}

@test "every word of the schema is on the page, in the same order, and no other" {
	local section name
	while read -r name section; do
		diff <(jq -r --arg name "$name" '."$defs"[$name].enum[]' config/record.schema.json) <(words "$section")
	done <<-END
		reason REASONS
		warning WARNINGS
		program_note PROGRAM NOTES
		trouble TROUBLES
	END
	[ "$(words REASONS | wc -l)" -ge 58 ]
	[ "$(words COUNTERS | wc -l)" = "$(grep -c '^X(' include/gotune/model/counters.def)" ]
}

@test "what the page tells to do can be done: each command, annotation and key of a policy exists" {
	local command key
	literals '^gotune [a-z]+' | while read -r _ command; do
		"$GOTUNE" "$command" --help >/dev/null || return 1
	done
	literals '^io\.gotune\.[a-z]+' | sed 's/^io\.gotune\.//' >"$T/keys"
	[ "$(wc -l <"$T/keys")" -ge 5 ]
	jq -r '.properties.annotations.properties.allow.items.enum[]' config/policy.schema.json | sort >"$T/known"
	[ "$(comm -23 "$T/keys" "$T/known")" = '' ]
	jq -r 'paths | map(select(type == "string" and . != "properties")) | join(".")' config/policy.schema.json >"$T/paths"
	[ "$(literals '^(gomaxprocs|gomemlimit|annotations)\..*' | wc -l)" -ge 8 ]
	literals '^(gomaxprocs|gomemlimit|annotations)\..*' | while read -r key; do
		key=${key%%[ ,;:]*}
		grep -qE "(^|\.)${key//./\\.}\$" "$T/paths" || { echo "$key"; return 1; }
	done
}
