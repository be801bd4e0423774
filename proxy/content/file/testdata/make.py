"""Makes the files of this folder with the libraries people use for it:
pip install python-docx openpyxl python-pptx odfpy reportlab pypdf pillow
All data is synthetic; the card number is a published test number."""
import email.message, io, zipfile
import docx, openpyxl, pptx
from docx.oxml.ns import qn
from odf import opendocument, text as odftext, table as odftable
from PIL import Image, PngImagePlugin
from pypdf import PdfReader, PdfWriter
from reportlab.pdfgen import canvas

CARD = "4111 1111 1111 1111"
LABEL = "1f0e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
CUSTOM = ('<?xml version="1.0"?><Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
          'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">'
          f'<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="2" name="MSIP_Label_{LABEL}_Enabled"><vt:lpwstr>true</vt:lpwstr></property>'
          f'<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="3" name="MSIP_Label_{LABEL}_Name"><vt:lpwstr>Confidential</vt:lpwstr></property>'
          '</Properties>')

def custom(path):
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as z:
        z.writestr("docProps/custom.xml", CUSTOM)

d = docx.Document()
d.core_properties.title = "Quarterly letter"
d.core_properties.author = "Vesna Tausch"
d.add_heading("Payments", 1)
p = d.add_paragraph("The card ")
p.add_run("4111 1111 ").bold = True   # a number cut over two runs
p.add_run("1111 1111 is charged.")
t = d.add_table(rows=2, cols=2)
t.cell(0, 0).text, t.cell(0, 1).text = "Name", "IBAN"
t.cell(1, 0).text, t.cell(1, 1).text = "Ilse Brandt", "DE89 3704 0044 0532 0130 00"
d.sections[0].header.paragraphs[0].text = "Internal use"
d.sections[0].footer.paragraphs[0].text = "page footer"
d.add_comment(d.paragraphs[1].runs, text="ask before sending", author="Vesna", initials="V")
d.save("letter.docx"); custom("letter.docx")

w = openpyxl.Workbook()
s = w.active; s.title = "Customers"
s.append(["name", "card number", "amount"])
s.append(["Ilse Brandt", 4111111111111111, 12.5])
s.append(["Jon Marsh", None, 7])
s["A2"].comment = openpyxl.comments.Comment("calls on Mondays", "Vesna")
h = w.create_sheet("Hidden notes"); h.sheet_state = "hidden"; h["C3"] = "kept out of sight"
w.save("customers.xlsx"); custom("customers.xlsx")

p = pptx.Presentation()
sl = p.slides.add_slide(p.slide_layouts[1])
sl.shapes.title.text = "Road map"; sl.placeholders[1].text = "first line\nsecond line"
sl.notes_slide.notes_text_frame.text = "say nothing of the price"
p.save("roadmap.pptx")

o = opendocument.OpenDocumentText()
o.text.addElement(odftext.P(text="A plain paragraph"))
tb = odftable.Table(); r = odftable.TableRow()
for v in ("left", "right"):
    c = odftable.TableCell(); c.addElement(odftext.P(text=v)); r.addElement(c)
tb.addElement(r); o.text.addElement(tb)
o.save("note.odt")

b = io.BytesIO(); c = canvas.Canvas(b)
c.setTitle("An invoice"); c.setAuthor("Vesna Tausch")
c.drawString(72, 720, "Card " + CARD + " on file"); c.showPage()
c.drawString(72, 720, "Second page"); c.showPage(); c.showPage(); c.save()
wr = PdfWriter(clone_from=PdfReader(io.BytesIO(b.getvalue())))
wr.add_metadata({f"/MSIP_Label_{LABEL}_Enabled": "true"})
wr.add_attachment("inner.txt", b"attached words")
wr.write("invoice.pdf")
wr = PdfWriter(clone_from=PdfReader(io.BytesIO(b.getvalue()))); wr.encrypt("secret", algorithm="AES-256"); wr.write("locked.pdf")

m = email.message.EmailMessage()
m["From"], m["To"], m["Subject"], m["Message-ID"] = "Vesna <vesna@kontor.example>", "jon@kontor.example", "Grüße und Zahlen", "<1@kontor.example>"
m.set_content("Körper der Nachricht, card " + CARD); m.add_attachment(b"a,b\n1,2\n", maintype="text", subtype="csv", filename="table.csv")
m.add_attachment(open("letter.docx", "rb").read(), maintype="application", subtype="octet-stream", filename="letter.docx")
open("mail.eml", "wb").write(m.as_bytes())

i = PngImagePlugin.PngInfo(); i.add_text("Comment", "drawn by Vesna"); i.add_itxt("Description", "the plant", zip=True)
Image.new("RGB", (8, 8), "red").save("picture.png", pnginfo=i)
e = Image.Exif(); e[0x010e] = "meeting room"; e[0x013b] = "Vesna Tausch"
Image.new("RGB", (8, 8), "red").save("photo.jpg", exif=e)
d = docx.Document(); d.add_paragraph("Please refund the credit card 5105 1051 0510 5100 today."); d.save("refund.docx")
