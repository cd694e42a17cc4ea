"""Spreadsheet files written by hand, as Excel and LibreOffice write them, for measuring and for tests. Text only, but for what a caller writes itself."""

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from xml.sax.saxutils import escape

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STYLES = (0, 20, 14, 46)
"""Number formats that `s` chooses: general, time, date, hours and minutes over 24."""


def zipped(members: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return out.getvalue()


def xlsx_members(sheets: Mapping[str, str], workbook: str = "") -> dict[str, str | bytes]:
    """The members of a workbook whose sheets hold this XML; `workbook` goes before the list of sheets."""
    listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(sheets, 1))
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in range(1, len(sheets) + 1)
    )
    related += f'<Relationship Id="rId99" Type="{OFFICE}/styles" Target="styles.xml"/>'
    package = "http://schemas.openxmlformats.org/package/2006"
    formats = "".join(f'<xf numFmtId="{number}"/>' for number in STYLES)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    members: dict[str, str | bytes] = {
        "[Content_Types].xml": f'{HEAD}<Types xmlns="{package}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}"/></Types>',
        "_rels/.rels": f'{HEAD}<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'{HEAD}<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{workbook}<sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{HEAD}<Relationships xmlns="{package}/relationships">{related}</Relationships>',
        "xl/styles.xml": f'{HEAD}<styleSheet xmlns="{MAIN}"><cellXfs count="{len(STYLES)}">{formats}</cellXfs></styleSheet>',
    }
    for n, sheet in enumerate(sheets.values(), 1):
        members[f"xl/worksheets/sheet{n}.xml"] = f'{HEAD}<worksheet xmlns="{MAIN}">{sheet}</worksheet>'
    return members


def letter(place: int) -> str:
    """A for 0; up to Z."""
    return chr(65 + place)


def xlsx_lines(lines: Iterable[Sequence[str]]) -> str:
    """Lines as sheet data. A cell that begins with "<" is XML of a cell's inside and attributes, "attributes|inside" after it."""
    out = ["<sheetData>"]
    for n, line in enumerate(lines, 1):
        cells = (_xlsx_cell(f"{letter(place)}{n}", cell) for place, cell in enumerate(line) if cell)
        out.append(f'<row r="{n}">{"".join(cells)}</row>')
    return "".join([*out, "</sheetData>"])


def _xlsx_cell(where: str, cell: str) -> str:
    if cell.startswith("<"):
        about, _, inside = cell[1:].partition("|")
        return f'<c r="{where}"{about}>{inside}</c>'
    return f'<c r="{where}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'


def xlsx_of(lines: Iterable[Sequence[str]]) -> bytes:
    """A workbook of one sheet."""
    return zipped(xlsx_members({"Meetings": xlsx_lines(lines)}))


def ods_members(tables: str) -> dict[str, str | bytes]:
    """The members of an OpenDocument spreadsheet whose tables are this XML."""
    spaces = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for short, name in (("office", "office"), ("table", "table"), ("text", "text"))
    )
    return {
        "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
        "META-INF/manifest.xml": f'{HEAD}<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        "content.xml": f"{HEAD}<office:document-content {spaces}><office:body><office:spreadsheet>{tables}"
        "</office:spreadsheet></office:body></office:document-content>",
    }


def ods_table(lines: Iterable[Sequence[str]], name: str = "Meetings") -> str:
    """One table, with the empty rest of the sheet as LibreOffice writes it. A cell that begins with "<" is a cell's XML."""
    rest = '<table:table-cell table:number-columns-repeated="16000"/>'
    out = [f'<table:table table:name="{name}">']
    for line in lines:
        cells = "".join(cell if cell.startswith("<") else _ods_cell(cell) for cell in line)
        out.append(f"<table:table-row>{cells}{rest}</table:table-row>")
    out.append(f'<table:table-row table:number-rows-repeated="1048000">{rest}</table:table-row></table:table>')
    return "".join(out)


def _ods_cell(cell: str) -> str:
    return (
        f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p></table:table-cell>'
        if cell
        else "<table:table-cell/>"
    )


def ods_of(lines: Iterable[Sequence[str]]) -> bytes:
    """A spreadsheet of one table."""
    return zipped(ods_members(ods_table(lines)))
