{{/* The image of (list $ "name"): the part's own registry and version before everybody's. */}}
{{- define "assay.image" -}}
{{- $root := index . 0 -}}
{{- $name := index . 1 -}}
{{- $own := dict -}}
{{- if eq $name "cli" -}}{{- $own = $root.Values.setup.image -}}{{- else -}}{{- $own = (index $root.Values.services $name).image -}}{{- end -}}
{{- $registry := $own.registry | default $root.Values.image.registry | trimSuffix "/" -}}
{{- printf "%s/%s:%s" $registry $name ($own.version | default $root.Values.image.version | default $root.Chart.AppVersion) | quote -}}
{{- end -}}

{{- define "assay.natsUrl" -}}
{{- if .Values.nats.enabled -}}
nats://nats.{{ .Release.Namespace }}.svc:4222
{{- else -}}
{{- required "nats.url is needed where nats.enabled is false" .Values.nats.url -}}
{{- end -}}
{{- end -}}

{{/* Tasks come from where the services do. */}}
{{- define "assay.taskImages" -}}
{{- if ne .Values.image.registry "ghcr.io/assay" }}
ASSAY_EXECUTOR_IMAGE_REGISTRY: {{ .Values.image.registry | quote }}
{{- end }}
{{- if .Values.image.version }}
ASSAY_EXECUTOR_IMAGE_VERSION: {{ .Values.image.version | quote }}
{{- end }}
{{- end -}}

{{/* What of the values a service is told by the ConfigMap. */}}
{{- define "assay.settings" -}}
{{- list .Values.settings .Values.highAvailability .Values.nats.url | toJson -}}
{{- end -}}
