import LockstepCharts

/// The style sheet of a run's page: light, dark, and print.
enum RunPageStyle {
    static var css: String {
        """

        :root { \(Ink.lightVariables) }
        @media (prefers-color-scheme: dark) { :root { \(Ink.darkVariables) } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 1360px; padding: 1.5rem; background: var(--paper); color: var(--text);
            font: 15px/1.5 Helvetica, Arial, "DejaVu Sans", sans-serif; }
        h1 { font-size: 1.6rem; margin: 0; overflow-wrap: anywhere; }
        header p { margin: 0.2rem 0 0; color: var(--muted); }
        h2 { font-size: 1.15rem; margin: 2rem 0 0.7rem; border-bottom: 1px solid var(--grid); padding-bottom: 0.2rem; }
        svg { display: block; width: 100%; height: auto; }
        .legend { max-width: 850px; }
        .panels { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 380px), 1fr)); gap: 0.5rem; }
        .panels.wide { grid-template-columns: repeat(auto-fill, minmax(min(100%, 520px), 1fr)); }
        figure { margin: 0; break-inside: avoid; }
        dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(250px, 1fr)); gap: 0.4rem 1.5rem; margin: 0.7rem 0; }
        dl div { display: flex; justify-content: space-between; gap: 1rem; border-bottom: 1px solid var(--grid); }
        dt { color: var(--muted); }
        dd { margin: 0; flex: none; max-width: 65%; text-align: right; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
        .table { overflow-x: auto; margin: 0.7rem 0; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
        th, td { padding: 0.25rem 1rem 0.25rem 0; text-align: right; border-bottom: 1px solid var(--grid); white-space: nowrap; }
        th { color: var(--muted); font-weight: normal; }
        th:first-child, td:first-child { text-align: left; }
        pre { margin: 0; padding: 0.8rem; border: 1px solid var(--grid); border-radius: 4px; white-space: pre-wrap; overflow-wrap: anywhere;
            font: 13px/1.45 "DejaVu Sans Mono", Menlo, Consolas, monospace; }
        @page { margin: 15mm; }
        @media print {
            :root { \(Ink.lightVariables) }
            body { max-width: none; padding: 0; font-size: 10pt; }
            .panels, .panels.wide { grid-template-columns: 1fr 1fr; }
            h2 { break-after: avoid; }
            section { break-inside: auto; }
            pre { font-size: 8pt; }
            dl { grid-template-columns: 1fr 1fr; }
        }

        """
    }
}
