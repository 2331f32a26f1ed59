// The pages' style sheet. System fonts, light and dark, one column that fits a phone; every colour pair has a contrast
// of 4.5:1 or more (WCAG 2.1, 1.4.3), and no state is told by colour alone.
#pragma once

#include "exporter/web/html.h"

namespace motoko::web {

inline constexpr Markup kPageStyle = R"css(
:root{--bg:#f6f7f9;--card:#fff;--ink:#1b1f24;--soft:#59636e;--line:#dfe3e8;--link:#0b57b0;--code:#f0f2f5;
--ok:#12633a;--ok-bg:#e4f4ea;--ok-bar:#2f9e63;--warning:#7a4b00;--warning-bg:#fdf1d8;--warning-bar:#d99413;
--critical:#a1160d;--critical-bg:#fce8e6;--critical-bar:#d93a2f;--unknown:#4a5460;--unknown-bg:#e9ecf0;--unknown-bar:#8a95a1}
@media(prefers-color-scheme:dark){:root{--bg:#111418;--card:#1a1e24;--ink:#e6e9ed;--soft:#a0a9b4;--line:#2d343c;
--link:#7db4ff;--code:#242a31;--ok:#7fd8a4;--ok-bg:#13301f;--ok-bar:#3aa86b;--warning:#f2c061;--warning-bg:#3a2a0b;
--warning-bar:#d99413;--critical:#ffa49c;--critical-bg:#431613;--critical-bar:#e5594f;--unknown:#b9c2cc;--unknown-bg:#2a3038;
--unknown-bar:#75808c}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
overflow-wrap:break-word}
header,main,footer{max-width:58rem;margin:0 auto;padding:0 1rem}
a{color:var(--link);text-decoration:underline;text-underline-offset:.15em;text-decoration-thickness:1px}
a:hover{text-decoration-thickness:2px}
a:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:3px}
h1,h2,h3,p,ul,ol,dl,dd,table{margin:0;padding:0}
h1{font-size:clamp(1.5rem,1.1rem + 2vw,2.1rem);line-height:1.2;font-weight:650;letter-spacing:-.015em;text-wrap:balance}
h2{font-size:1.05rem;font-weight:650;margin:2.5rem 0 .75rem}
h3{font-size:1.2rem;font-weight:650;line-height:1.3}
h4{font-size:.8rem;font-weight:600;color:var(--soft);margin:1.5rem 0 .5rem}
code,pre,.raw{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.875em}
code,.raw,.wrap,dd,h1,h3,.state,.top,footer{overflow-wrap:anywhere}
code,dd{unicode-bidi:isolate}
ul,ol{list-style:none}
.ok{--tone:var(--ok);--tint:var(--ok-bg);--bar:var(--ok-bar)}
.warning{--tone:var(--warning);--tint:var(--warning-bg);--bar:var(--warning-bar)}
.critical{--tone:var(--critical);--tint:var(--critical-bg);--bar:var(--critical-bar)}
.unknown{--tone:var(--unknown);--tint:var(--unknown-bg);--bar:var(--unknown-bar)}
.top{display:flex;flex-wrap:wrap;justify-content:space-between;gap:.25rem 1.5rem;padding-top:1.5rem;padding-bottom:1rem;
color:var(--soft);font-size:.9rem}
.top strong{color:var(--ink);font-weight:650}
.banner{background:var(--tint);color:var(--tone);border-radius:.875rem;padding:1.5rem 1.5rem 1.6rem}
.banner p{margin-top:.5rem;color:var(--ink)}
.banner a{color:inherit;font-weight:600}
.banner .kind{margin:0 0 .4rem;color:inherit;font-size:.9rem;font-weight:600}
.card{background:var(--card);border:1px solid var(--line);border-radius:.875rem;padding:1.25rem 1.5rem 1.4rem}
.card+.card{margin-top:1rem}
.card.critical,.card.warning,.card.unknown{box-shadow:inset 4px 0 0 var(--bar)}
.head{display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;gap:.25rem 1rem}
.badge{display:inline-block;background:var(--tint);color:var(--tone);border-radius:999px;padding:.1rem .7rem;font-size:.85rem;
font-weight:600;white-space:nowrap}
.state{margin-top:.35rem;color:var(--soft)}
.findings{margin-top:1rem}
.findings li{display:grid;grid-template-columns:1.6rem 1fr;padding:.55rem 0;border-top:1px solid var(--line)}
.findings .sign{color:var(--tone);font-weight:700}
.findings p{grid-column:2;overflow-wrap:anywhere}
.findings .small{font-size:.875rem;color:var(--soft)}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,22rem),1fr));gap:.8rem 2rem;margin-top:1.25rem}
dt{color:var(--soft);font-size:.8rem}
.space{margin-top:1.25rem}
.space p{font-size:.9rem;color:var(--soft)}
.space strong{color:var(--ink);font-weight:600}
.track{position:relative;height:.7rem;border-radius:999px;background:var(--code);margin:.45rem 0 .4rem;
box-shadow:inset 0 0 0 1px var(--line)}
.track i{position:absolute;inset:0 auto 0 0;border-radius:999px;background:var(--bar)}
.track b{position:absolute;top:-.25rem;bottom:-.25rem;width:2px;margin-left:-1px;background:var(--ink)}
.layers li{display:flex;flex-wrap:wrap;gap:.1rem .75rem;padding:.45rem 0;border-top:1px solid var(--line)}
.layers li:first-child{border-top:0;padding-top:0}
.tone{color:var(--tone);font-weight:600}
table{width:100%;border-collapse:collapse;font-size:.9rem}
th{text-align:left;font-weight:600;font-size:.8rem;color:var(--soft);padding:0 1rem .4rem 0;white-space:nowrap}
td{padding:.5rem 1rem .5rem 0;border-top:1px solid var(--line);vertical-align:top}
td:last-child,th:last-child{padding-right:0}
.num{font-variant-numeric:tabular-nums}
.time{white-space:nowrap}
.raw{display:block;line-height:1.5;padding-top:.15em}
.word{display:inline-block;max-width:14rem;overflow-wrap:break-word}
footer{color:var(--soft);font-size:.9rem;display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;padding-top:2rem;padding-bottom:2.5rem}
pre{background:var(--code);border-radius:.5rem;padding:.75rem 1rem;margin:.75rem 0 0;white-space:pre-wrap;line-height:1.5}
.prose p,.prose ul,.prose ol{margin-top:.75rem}
.prose>p:first-child{margin-top:0}
.prose ul,.prose ol{padding-left:1.35rem}
.prose ul{list-style:disc}
.prose ol{list-style:decimal}
.prose li+li{margin-top:.4rem}
.prose code{background:var(--code);border-radius:.3rem;padding:.1em .3em}
.prose pre code{background:none;padding:0;font-size:1em}
.prose h3{font-size:1.25rem}
.prose:target{outline:3px solid var(--link);outline-offset:3px}
.toc{columns:18rem;column-gap:2rem;font-size:.95rem}
.toc li{padding:.15rem 0;break-inside:avoid}
.never{border-left:4px solid var(--critical-bar);padding-left:1rem;margin-top:1rem}
.never h4{margin:0;color:var(--critical)}
@media(max-width:40rem){
h2{margin-top:2rem}
.banner,.card{padding:1.1rem 1.1rem 1.25rem}
table,tbody,tr,td{display:block}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
tr{padding:.6rem 0;border-top:1px solid var(--line)}
tbody tr:first-child{border-top:0;padding-top:0}
td{border:0;padding:.1rem 0;display:grid;grid-template-columns:6.5rem 1fr;gap:.5rem}
td::before{content:attr(data-label);color:var(--soft);font-size:.8rem;padding-top:.1rem}
.time{white-space:normal}
}
@media print{body{background:#fff}.card{break-inside:avoid}}
)css"_html;

}  // namespace motoko::web
