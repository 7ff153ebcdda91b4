"""The style sheet of the open data pages: a file of its own, since nothing inline passes the content policy."""

from __future__ import annotations

import hashlib

CSS = """
:root{--ground:#f2f5f7;--panel:#fff;--text:#14202a;--dim:#4c5d6a;--line:#d3dce2;--accent:#0a5f93;--soft:#e6f0f6;
color-scheme:light dark}
@media(prefers-color-scheme:dark){:root{--ground:#0b0f13;--panel:#10161b;--text:#dfe7ed;--dim:#9db0be;--line:#26323c;
--accent:#86c5ea;--soft:#15222c}}
*,*::before,*::after{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);
font:400 16px/1.55 "IBM Plex Sans","Segoe UI",Roboto,"Noto Sans","DejaVu Sans",system-ui,sans-serif;
font-variant-numeric:tabular-nums lining-nums}
a{color:var(--accent);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-999rem}.skip:focus{left:1rem;top:1rem;background:var(--panel);padding:.5rem 1rem}
[lang=en]{color:var(--dim)}a [lang=en],a[lang=en]{color:inherit}
.wrap{max-width:68rem;margin:0 auto;padding:0 1.25rem}
header{background:var(--panel);border-bottom:1px solid var(--line);border-top:4px solid var(--accent)}
header .wrap{padding-top:2.2rem;padding-bottom:1.8rem}
.crumbs{margin:0 0 .6rem;font-size:.9rem}
h1{font-size:clamp(1.7rem,4vw,2.4rem);line-height:1.15;margin:0 0 .7rem;letter-spacing:-.01em}
h1 [lang=en]{display:block;font-size:.5em;font-weight:500;letter-spacing:0;margin-top:.35rem}
.lead{max-width:62ch;margin:0 0 .3rem}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:1rem 2rem;margin:1.6rem 0 0}
.facts dt{font-size:.82rem;color:var(--dim)}.facts dd{margin:0;font-weight:600}
main.wrap{padding-top:2rem;padding-bottom:3rem}
.cards{display:grid;gap:1.25rem}.cards>*{min-width:0}
.card{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:1.4rem 1.5rem}
h2{font-size:1.28rem;line-height:1.3;margin:0 0 .35rem}
h2 [lang=en]{font-weight:500;font-size:.82em;display:block}
h3{font-size:1rem;margin:1.6rem 0 .5rem}
.card>p{margin:.2rem 0;max-width:75ch}
.meta{display:flex;flex-wrap:wrap;gap:.3rem 1.6rem;margin:.9rem 0 0;padding:0;list-style:none;font-size:.9rem}
.meta b{font-weight:600}.meta span{color:var(--dim)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;margin:1rem 0 0}
th,td{text-align:left;vertical-align:top;padding:.55rem 1rem .55rem 0;border-top:1px solid var(--line)}
th{font-weight:500}th [lang=en],td>[lang=en]{display:block;font-size:.88rem;font-weight:400}
th code{white-space:nowrap}
td.files{white-space:nowrap;text-align:right;padding-right:0}
.get{display:inline-block;padding:.3rem .8rem;margin:.12rem 0 .12rem .4rem;border-radius:5px;background:var(--soft);
font-weight:600;font-size:.9rem;text-decoration:none}
.get:hover{text-decoration:underline}
.more{margin:1rem 0 0;font-weight:600}
code,pre{font:.88em/1.6 "IBM Plex Mono","DejaVu Sans Mono",ui-monospace,monospace}
pre{background:var(--soft);border-radius:6px;padding:.9rem 1.1rem;overflow-x:auto;margin:.8rem 0 0}
details{border-top:1px solid var(--line);padding:.6rem 0}summary{cursor:pointer;font-weight:600}
.days{display:grid;grid-template-columns:repeat(auto-fill,minmax(18.5rem,1fr));gap:0 2rem;margin:.5rem 0 0;padding:0;
list-style:none}
.days li{display:flex;justify-content:space-between;gap:.6rem;padding:.35rem 0;border-top:1px solid var(--line);
font-size:.93rem}
.days span:last-child{white-space:nowrap}
.days em{display:block;line-height:1.2;font-style:normal;color:var(--dim);font-size:.85em}
footer{border-top:1px solid var(--line);padding:1.5rem 0 3rem;font-size:.92rem}
footer p{margin:.3rem 0;max-width:75ch}
@media(max-width:38rem){td.files{white-space:normal}.card{padding:1.1rem}.days{grid-template-columns:1fr}
th code{white-space:normal}.facts{grid-template-columns:1fr 1fr}}
@media print{.get{background:none;padding:0}.card{break-inside:avoid}}
"""
#: Changes with the content, so that it may be kept for ever.
NAME = f"style.css?{hashlib.sha256(CSS.encode()).hexdigest()[:12]}"
