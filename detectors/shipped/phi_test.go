package shipped_test

import (
	"testing"

	"github.com/promptgate/promptgate/detectors"
	"github.com/promptgate/promptgate/detectors/engine"
)

// Health information is protected beside a person and only there.
func TestHealthInformationNeedsAPerson(t *testing.T) {
	_, e := load(t)
	tests := []struct {
		name, text string
		want       detectors.Confidence
	}{
		{"a name in prose", "Summarise: Emily Johnson was admitted to the ward on Friday, diagnosed with pneumonia and prescribed azithromycin.", detectors.Medium},
		{"a name and two signals", "Emily Johnson was diagnosed with pneumonia", detectors.Low},
		{"a record number", "MRN 00483921: diagnosed with hypertension, started lisinopril", detectors.Medium},
		{"German", "Patientin, geboren am 03.04.1961, leidet an Epilepsie und Depressionen, nimmt ein: lamotrigine", detectors.Medium},
		{"Spanish", "El paciente con DNI 54362315K padece diabetes mellitus; le fue recetado metformin", detectors.Medium},
		{"HL7", "MSH|^~\\&|LAB|H|EHR|H|20261101||ORU^R01|1|P|2.5\rPID|1||483921||Roe^Jane\rOBX|1|NM|GLU||6.1", detectors.High},
		{"FHIR", `{"resourceType":"Patient","name":[{"family":"Roe","given":["Jane"]}],"birthDate":"1961-03-04"}`, detectors.High},
		{"a question", "What are common symptoms of pneumonia, and is azithromycin or amoxicillin prescribed more often?", 0},
		{"a public figure", "Marie Curie died of aplastic anemia; was it diagnosed as leukemia at the time?", 0},
		{"a person without health", "Please tell Emily Johnson that the invoice is due on Friday.", 0},
		{"a clinic without a person", "The hospital ward upgraded its ECG and MRI equipment; the surgery opens in May.", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found, _ := e.Scan([]byte(tt.text), engine.Options{})
			var got detectors.Confidence
			for _, f := range found {
				if f.Type == "phi.patient_health" {
					got = max(got, f.Confidence.Level())
				}
			}
			if got < tt.want || tt.want == 0 && got > 0 {
				t.Errorf("confidence %v, want at least %v: %v", got, tt.want, found)
			}
		})
	}
}
