{{- define "gotune.labels" -}}
app.kubernetes.io/name: gotune-nri
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "gotune.name" -}}
{{- .Release.Name | trunc 48 | trimSuffix "-" }}
{{- end }}

{{- define "gotune.image" -}}
{{- $image := .root.Values.image -}}
{{- $tag := .tag | default $image.tag | default .root.Chart.AppVersion -}}
{{- $digest := ternary "" $image.digest (ne .tag "") -}}
{{ $image.repository }}:{{ $tag }}{{ with $digest }}@{{ . }}{{ end }}
{{- end }}

{{- define "gotune.capabilities" -}}
{{- $add := list "DAC_READ_SEARCH" -}}
{{- if .sysAdmin }}{{ $add = append $add "SYS_ADMIN" }}{{ end -}}
{{- if .full }}{{ $add = concat $add (list "SYS_PTRACE" "SYS_RESOURCE") }}{{ end -}}
{{ toJson $add }}
{{- end }}

{{- define "gotune.configmap" -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .name }}-policy
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "gotune.labels" .root | nindent 4 }}
data:
  policy.json: |
    {{- toPrettyJson .policy | nindent 4 }}
  {{- if .root.Values.killSwitch }}
  disabled: ""
  {{- end }}
{{- end }}

{{- define "gotune.daemonset" -}}
{{- $v := .root.Values -}}
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "gotune.labels" .root | nindent 4 }}
    gotune/track: {{ .track }}
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: gotune-nri
      app.kubernetes.io/instance: {{ .root.Release.Name }}
      gotune/track: {{ .track }}
  updateStrategy:
    type: RollingUpdate
    rollingUpdate:
      # Two plugins on a node would be asked one after the other.
      maxSurge: 0
      maxUnavailable: {{ $v.maxUnavailable }}
  template:
    metadata:
      labels:
        {{- with $v.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- include "gotune.labels" .root | nindent 8 }}
        gotune/track: {{ .track }}
      {{- with $v.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- if $v.full }}
      # The runtime tells of processes by their ids on the node.
      hostPID: true
      {{- end }}
      priorityClassName: {{ $v.priorityClassName | quote }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: 5
      nodeSelector:
        kubernetes.io/os: linux
        {{- if eq .track "canary" }}
        {{ $v.canary.nodeLabel }}: "true"
        {{- end }}
        {{- with $v.nodeSelector }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- if and $v.canary.enabled (eq .track "stable") }}
      affinity:
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms:
              - matchExpressions:
                  - key: {{ $v.canary.nodeLabel }}
                    operator: NotIn
                    values: ["true"]
      {{- end }}
      {{- with $v.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $v.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: gotune-nri
          image: {{ .image }}
          imagePullPolicy: {{ $v.image.pullPolicy }}
          args:
            {{- if not $v.full }}
            - --env-only
            {{- end }}
            - --listen
            - {{ printf "%s:%v" $v.listen.address $v.listen.port | quote }}
            - --listen-anywhere
            - --socket
            - /var/run/nri/nri.sock
            {{- if eq $v.runtime "containerd" }}
            - --containerd
            - {{ $v.containerd.runDir }}/containerd.sock
            - --snapshotter
            - {{ $v.containerd.snapshotter }}
            {{- end }}
            - --budget-ms
            - {{ $v.budgetMs | quote }}
            - --index
            - {{ $v.nri.index | quote }}
          ports:
            - name: metrics
              containerPort: {{ $v.listen.port }}
          livenessProbe:
            httpGet:
              path: /healthz
              port: metrics
            periodSeconds: 10
            failureThreshold: 6
          # Registered at the runtime, and told of all its containers.
          readinessProbe:
            httpGet:
              path: /readyz
              port: metrics
            periodSeconds: 5
          resources:
            {{- toYaml $v.resources | nindent 12 }}
          securityContext:
            runAsUser: 0
            readOnlyRootFilesystem: true
            seccompProfile:
              type: {{ $v.seccompProfile }}
            {{- if $v.full }}
            # A profile of AppArmor's would not let it trace, nor would SELinux let a container_t.
            appArmorProfile:
              type: Unconfined
            seLinuxOptions:
              type: spc_t
            {{- end }}
            capabilities:
              drop: ["ALL"]
              add: {{ include "gotune.capabilities" $v }}
          volumeMounts:
            - name: nri
              mountPath: /var/run/nri
            {{- if eq $v.runtime "containerd" }}
            - name: containerd
              mountPath: {{ $v.containerd.runDir }}
            - name: layers
              mountPath: {{ $v.containerd.rootDir }}
              readOnly: true
            {{- else }}
            - name: layers
              mountPath: {{ $v.crio.graphRoot }}
              readOnly: true
            {{- if $v.full }}
            - name: bundles
              mountPath: {{ $v.crio.runRoot }}
              readOnly: true
            {{- end }}
            {{- end }}
            - name: records
              mountPath: /run/gotune
            # The directory, not a subPath: that would never change.
            - name: policy
              mountPath: /etc/gotune
              readOnly: true
            {{- if $v.full }}
            - name: sys
              mountPath: /sys
            {{- end }}
      volumes:
        # The directory: the socket in it is made anew when the runtime is restarted. None: NRI is off.
        - name: nri
          hostPath:
            path: {{ $v.nri.socketDir }}
            type: Directory
        {{- if eq $v.runtime "containerd" }}
        - name: containerd
          hostPath:
            path: {{ $v.containerd.runDir }}
            type: Directory
        - name: layers
          hostPath:
            path: {{ $v.containerd.rootDir }}
            type: Directory
        {{- else }}
        - name: layers
          hostPath:
            path: {{ $v.crio.graphRoot }}
            type: Directory
        {{- if $v.full }}
        - name: bundles
          hostPath:
            path: {{ $v.crio.runRoot }}
            type: Directory
        {{- end }}
        {{- end }}
        - name: records
          hostPath:
            path: /run/gotune
            type: DirectoryOrCreate
        - name: policy
          configMap:
            name: {{ .configMap }}
            defaultMode: 0444
        {{- if $v.full }}
        # Cgroups, for swappiness; what SELinux would say.
        - name: sys
          hostPath:
            path: /sys
            type: Directory
        {{- end }}
{{- end }}
