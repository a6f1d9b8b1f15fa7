import LockstepCharts
import LockstepText

/// A run as one self-contained HTML page: curves, results, times, configuration, machine, and faults.
///
/// The page loads no external files and has no scripts. It follows the reader's light or dark setting, and is
/// printed in black on white.
public struct RunPage {
    private let facts: RunFacts
    private let plot: RunPlot
    private let evaluation: EvaluationPlot?
    private let trace: TracePhases?

    /// - Parameters:
    ///   - evaluation: the charts of an evaluation; nil for none.
    ///   - trace: the phases of a trace of the run; nil for none.
    public init(
        _ facts: RunFacts, plot: RunPlot, evaluation: EvaluationPlot? = nil, trace: TracePhases? = nil
    ) {
        self.facts = facts
        self.plot = plot
        self.evaluation = evaluation
        self.trace = trace
    }

    /// The page.
    public var html: String {
        let name = SVGWriter.escaped(facts.name)
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>\(name) - Lockstep</title>
            <style>\(RunPageStyle.css)</style>
            </head>
            <body>
            <header><h1>\(name)</h1><p>\(SVGWriter.escaped(facts.state))</p></header>
            <main>

            """ + sections.joined() + "</main>\n</body>\n</html>\n"
    }

    private var sections: [String] {
        var sections: [String] = []
        if let fault = facts.fault { sections.append(section("Fault", preformatted(fault))) }
        sections.append(section("Results", results))
        sections.append(section("Curves", curves))
        if let evaluation {
            sections.append(
                section(
                    "Evaluation", panels(evaluation.panels, width: 440, height: 440, style: "panels wide")))
        }
        sections.append(section("Time", times))
        if !facts.events.isEmpty {
            sections.append(
                section("Resumes, warnings and errors", preformatted(facts.events.joined(separator: "\n"))))
        }
        if !facts.machine.isEmpty { sections.append(section("Machine", list(facts.machine))) }
        if let configuration = facts.configuration {
            sections.append(section("Configuration", preformatted(configuration)))
        }
        return sections
    }

    private var results: String {
        var html = ""
        if facts.metrics.count > 1
            || facts.metrics.first?.dropFirst().contains(where: { !$0.isEmpty }) == true
        {
            html += table(["", "training", "validation", "test"], facts.metrics)
        }
        html += list(facts.facts)
        return html.isEmpty ? "<p>There is no summary.json yet.</p>\n" : html
    }

    private var curves: String {
        let legend = Figure(title: "", legend: plot.legend, panelWidth: 820).drawing
        return "<div class=\"legend\">\(SVGWriter.text(legend, theme: .page))</div>\n"
            + panels(plot.charts, width: 420, height: 280)
    }

    private var times: String {
        var html = list(facts.times)
        if let trace { html += table(trace.header, trace.rows) }
        if !facts.ranks.isEmpty { html += table(RunFacts.rankColumns, facts.ranks) }
        return html.isEmpty ? "<p>There are no times yet.</p>\n" : html
    }

    /// Each panel is a separate image, so that the page can arrange them according to its width.
    private func panels(
        _ panels: [any Panel], width: Double, height: Double, style: String = "panels"
    ) -> String {
        let pictures = panels.map { panel in
            let figure = Figure(
                title: "", panels: [panel], columns: 1, panelWidth: width, panelHeight: height)
            return "<figure>\(SVGWriter.text(figure.drawing, theme: .page))</figure>\n"
        }
        return "<div class=\"\(style)\">\n\(pictures.joined())</div>\n"
    }

    private func section(_ title: String, _ content: String) -> String {
        "<section>\n<h2>\(title)</h2>\n\(content)</section>\n"
    }

    private func preformatted(_ text: String) -> String {
        "<pre>\(SVGWriter.escaped(lines: text))</pre>\n"
    }

    private func list(_ facts: [RunFacts.Fact]) -> String {
        guard !facts.isEmpty else { return "" }
        let entries = facts.map {
            "<div><dt>\(SVGWriter.escaped($0.name))</dt><dd>\(SVGWriter.escaped($0.value))</dd></div>"
        }
        return "<dl>\(entries.joined(separator: "\n"))</dl>\n"
    }

    /// A table whose first column is a name, and whose others are numbers or short texts.
    private func table(_ header: [String], _ rows: [[String]]) -> String {
        func row(_ cells: [String], _ tag: String) -> String {
            "<tr>" + cells.map { "<\(tag)>\(SVGWriter.escaped($0))</\(tag)>" }.joined() + "</tr>\n"
        }
        return "<div class=\"table\"><table>\n<thead>\(row(header, "th"))</thead>\n<tbody>\n"
            + rows.map { row($0, "td") }.joined() + "</tbody>\n</table></div>\n"
    }
}
