#!/usr/bin/env bats
# What people open in a browser, in a real one: the page of gotune report, and the plots of diagnose.

bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_TEST_DIRNAME/.." || return
	export BUILD=${BUILD:-build}
	case $BUILD in /*) ;; *) BUILD=$PWD/$BUILD ;; esac
	export GOTUNE=$BUILD/gotune D=$BATS_FILE_TMPDIR
	mkdir -m 700 "$D/state"
	make_history | history_of >"$D/state/history"
	"$GOTUNE" report --state-dir "$D/state" --rule web-canary --output "$D/report.html" >/dev/null
}

setup() {
	cd "$BATS_TEST_DIRNAME/.." || return
	T=$BATS_TEST_TMPDIR
	command -v chromium >/dev/null || skip 'no chromium: contrib/install-deps check installs it'
	convert -version 2>/dev/null | grep -q ImageMagick || skip 'no ImageMagick'
}

# Lines of JSON as lines of the history: zlib's CRC-32 before each.
history_of() {
	perl -ne 'BEGIN { @t = map { my $c = $_; for (1 .. 8) { $c = $c & 1 ? 0xedb88320 ^ ($c >> 1) : $c >> 1 } $c } 0 .. 255 }
		chomp; my $c = 0xffffffff; $c = $t[($c ^ ord) & 255] ^ ($c >> 8) for split //; printf "%08x %s\n", $c ^ 0xffffffff, $_'
}

# Two images, each with containers of a rule and without; one is called what nobody should execute.
make_history() {
	local image
	for image in 'registry.example/shop/web:2026.11' \
		"<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">$(printf 'x%.0s' {1..90})"; do
		jq -nc --arg image "$image" 'range(80) as $i | ($i % 2 == 0) as $t | {id: "\($image | @base64)\($i)", image: $image,
			profile: "balanced", mode: "enforce", rule: (if $t then "web-canary" else "" end), tuned: $t, ended: 1800000000,
			seconds: 3600, periods: 1000, throttled: (if $t then $i % 20 else 200 + $i end), limit: 1000,
			peak: (500 + $i * 7 % 40), oom_kills: 0}'
	done
}

# A browser without a network, as this user; all that it keeps is in $T.
browse() { # URL OPTION...
	HOME=$T TMPDIR=$T XDG_RUNTIME_DIR=$T timeout 60 chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-sync --disable-extensions \
		--disable-background-networking --disable-component-update --disable-dev-shm-usage --hide-scrollbars \
		--user-data-dir="$T/profile" --host-resolver-rules='MAP * ~NOTFOUND' \
		"${@:2}" "$1" 2>"$T/browser.err" || {
		tail -5 "$T/browser.err"
		return 1
	}
}

# What a page is, told by a script of ours behind it: the page itself has none.
# shellcheck disable=SC2016,SC2089 # it is JavaScript
SCRIPT='<script>addEventListener("load", () => {
	const d = document, all = [...d.querySelectorAll("*")], box = x => x.getBoundingClientRect();
	const words = [...d.querySelectorAll("svg text")];
	parent.postMessage({page: location.pathname.split("/").pop(), title: d.title, width: innerWidth,
		needs: d.documentElement.scrollWidth, scripts: d.scripts.length - 1, text: d.body.innerText.replace(/\s+/g, " "),
		images: [...d.images].map(x => x.naturalWidth),
		resources: performance.getEntriesByType("resource").map(x => x.name),
		odd: all.map(x => x.localName).filter(x => ["img", "iframe", "object", "embed", "link"].includes(x)),
		plots: [...d.querySelectorAll("svg")].map(x => [box(x).width, box(x).height]),
		small: words.filter(x => box(x).height < 11).map(x => x.textContent),
		cut: words.filter(x => { const r = box(x), s = box(x.ownerSVGElement);
			return r.right > s.right + 1 || r.left < s.left - 1 || r.bottom > s.bottom + 1; }).map(x => x.textContent)}, "*");
});</script>'
# shellcheck disable=SC2090
export SCRIPT

# What the script says of pages in frames of these widths (a window is never narrower than 500), as JSON in $T/found.
measure() { # PAGE WIDTH...
	local n=0
	{
		printf '<!DOCTYPE html><script>const all = []; addEventListener("message", e => {'
		printf 'all.push(e.data); document.title = JSON.stringify(all)})</script>\n'
		while [ $# -gt 0 ]; do
			n=$((n + 1))
			perl -0777 -pe 's{</body>}{$ENV{SCRIPT}</body>}' "$1" >"$T/$n-$(basename "$1")"
			printf '<iframe src="%s" width="%s" height="900" style="border:0"></iframe>\n' "$n-$(basename "$1")" "$2"
			shift 2
		done
	} >"$T/frames.html"
	browse "file://$T/frames.html" --virtual-time-budget=3000 --dump-dom >"$T/frames"
	sed -n 's#.*<title>\(\[.*\]\)</title>.*#\1#p' "$T/frames" | sed 's/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g' |
		jq 'sort_by(.page)' >"$T/found"
	jq -c '.[] | del(.text)' "$T/found"
	[ "$(jq length "$T/found")" = "$n" ]
}

# How many pixels of PNG have about this colour.
pixels() { # PNG COLOUR
	convert "$1" -fuzz 4% -fill black +opaque "$2" -fill white -opaque "$2" -precision 12 -format '%[fx:int(mean*w*h+0.5)]' info:
}

# Is a page what a person should see? For jq, of one in $T/found.
GOOD='.title == "gotune report" and .needs <= .width and .resources == [] and .scripts == 0 and .odd == [] and
	(.plots | length) == 6 and all(.plots[]; .[0] > 300 and .[1] > 30) and .cut == [] and .small == []'

@test "gotune report's page: words, plots, no overflow, no request, no markup of others" {
	measure "$D/report.html" 400 "$D/report.html" 1200
	jq -e "map(.width) == [400, 1200] and all(.[]; $GOOD)" "$T/found"
	# What a person reads.
	jq -r '.[0].text' "$T/found" >"$T/text"
	cat "$T/text"
	grep -q '^gotune report 160 containers that have ended' "$T/text"
	grep -qF ' registry.example/shop/web:2026.11 ' "$T/text"
	grep -qF " <script>document.title='owned'</script><img src=x onerror=" "$T/text"
	grep -q 'Periods in which the CPU quota was used up: less (p = .*) web-canary, n = 40: 0.9% (0.6 to 1.2) others, n = 40: ' "$T/text"
}

@test "gotune report's page, seen: the plots are there in their colours, by day and by night" {
	local scheme file
	for scheme in 1 0; do
		file=$T/page-$scheme.png
		browse "file://$D/report.html" --window-size=1200,1400 --screenshot="$file" --blink-settings="preferredColorScheme=$scheme"
		[ "$(identify -format %wx%h "$file")" = 1200x1400 ]
	done
	# Light: blue and orange on white; dark: lighter ones on a dark ground.
	[ "$(pixels "$T/page-1.png" '#0a6ebd')" -gt 500 ]
	[ "$(pixels "$T/page-1.png" '#b3541e')" -gt 500 ]
	[ "$(pixels "$T/page-1.png" white)" -gt 1200000 ]
	[ "$(pixels "$T/page-0.png" '#5cb0f2')" -gt 500 ]
	[ "$(pixels "$T/page-0.png" '#f0975f')" -gt 500 ]
	[ "$(pixels "$T/page-0.png" '#16191d')" -gt 1200000 ]
}

@test "a page that is broken is seen to be: flat plots, a request, a script, a name that is too wide" {
	sed 's/svg{display:block;/&max-height:0;/' "$D/report.html" >"$T/flat"
	sed 's/<h1>/<img src="http:\/\/outside.example\/x.png" alt="">&/' "$D/report.html" >"$T/request"
	sed "s/&lt;script&gt;document.title='owned'&lt;\/script&gt;/<script>document.title='owned'<\/script>/" "$D/report.html" >"$T/script"
	sed 's/overflow-wrap:anywhere//g' "$D/report.html" >"$T/wide"
	for f in flat request script wide; do mv "$T/$f" "$T/$f.html"; done
	measure "$T/flat.html" 400 "$T/request.html" 400 "$T/script.html" 400 "$T/wide.html" 400
	jq -e "all(.[]; ($GOOD) | not)" "$T/found"
	jq -e 'all(.[0].plots[]; .[1] == 0) and .[1].resources == ["http://outside.example/x.png"] and
		.[2].title == "owned" and .[2].scripts == 1 and .[3].needs > 400' "$T/found"
}

@test "gotune diagnose's plots in a browser: each is drawn, with its axis and words in it" {
	local f n=0
	mkdir "$T/kinds"
	zstd -dc tests/fixtures/diagnose/kinds.tar.zst | tar -C "$T/kinds" -xf -
	"$GOTUNE" diagnose --file "$T/kinds/gc-spiral/log" --out "$T/plots" >/dev/null
	"$GOTUNE" diagnose --file "$T/kinds/sched-overload/log" --out "$T/plots" >/dev/null
	for f in "$T"/plots/*.svg; do n=$((n + 1)); done
	[ "$n" -ge 5 ]
	# Within a page, and as files of their own, where each mistake in XML is an error.
	{
		echo '<!DOCTYPE html><html><head><meta charset="utf-8"><title>plots</title></head><body>'
		cat "$T"/plots/*.svg
		for f in "$T"/plots/*.svg; do echo "<img src='plots/${f##*/}' alt=''>"; done
		echo '</body></html>'
	} >"$T/plots.html"
	measure "$T/plots.html" 1200
	jq -e --argjson n "$n" '.[0] | (.plots | length) == $n and all(.plots[]; .[0] > 300 and .[1] > 100) and .scripts == 0 and
		(.images | length) == $n and all(.images[]; . > 300) and .cut == [] and .small == []' "$T/found"
}
