extension Vocabulary {
    /// Where a word of the API means something.
    struct Roles: OptionSet, Sendable {
        let rawValue: UInt32

        /// A field of the request itself.
        static let request = Roles(rawValue: 1 << 0)
        /// A field of an entry of `messages`.
        static let message = Roles(rawValue: 1 << 1)
        /// A field of a content block, of a request or of an earlier answer.
        static let block = Roles(rawValue: 1 << 2)
        /// The `type` of a content block.
        static let blockType = Roles(rawValue: 1 << 3)
        /// A field of an entry of `mcp_servers`.
        static let mcpServer = Roles(rawValue: 1 << 4)
        /// A field of an image's or document's `source`.
        static let source = Roles(rawValue: 1 << 5)
        /// The `type` of a source that the request itself carries.
        static let sourceType = Roles(rawValue: 1 << 6)
        /// A field of `container`.
        static let container = Roles(rawValue: 1 << 7)
        /// A field of what `tool_addition` adds.
        static let toolChange = Roles(rawValue: 1 << 8)
        /// A field of an entry of `tools`.
        static let tool = Roles(rawValue: 1 << 9)
        /// A field of `tool_choice`.
        static let toolChoice = Roles(rawValue: 1 << 10)
        /// A field of `thinking`.
        static let thinking = Roles(rawValue: 1 << 11)
        /// A field of `output_config`.
        static let outputConfig = Roles(rawValue: 1 << 12)
        /// A field of `context_management`.
        static let contextManagement = Roles(rawValue: 1 << 13)
        /// A field of an entry of `fallbacks`.
        static let fallback = Roles(rawValue: 1 << 14)
        /// A field of a batch.
        static let batch = Roles(rawValue: 1 << 15)
        /// A field of an entry of a batch's `requests`.
        static let batchEntry = Roles(rawValue: 1 << 16)
        /// The `type` of a tool of the API's own, without the date of its version.
        static let toolBase = Roles(rawValue: 1 << 17)
        /// The `name` that a tool of the API's own always has.
        static let fixedName = Roles(rawValue: 1 << 18)
        /// The `role` of a message.
        static let conversationRole = Roles(rawValue: 1 << 19)
        /// A field whose value is the caller's own.
        static let freeForm = Roles(rawValue: 1 << 20)
        /// A field of a text completion.
        static let complete = Roles(rawValue: 1 << 21)
        /// A field of a skill that a container is to have.
        static let skill = Roles(rawValue: 1 << 22)
        /// A field of `billing_policy`.
        static let billingPolicy = Roles(rawValue: 1 << 23)
        /// A field of an entry of `context_management.edits`.
        static let edit = Roles(rawValue: 1 << 24)
        /// The `type` of such an entry, without the date of its version.
        static let editBase = Roles(rawValue: 1 << 25)
    }

    static let wordsByRole: [(Roles, [Word])] = [
        (
            .request,
            [
                .model, .messages, .system, .tools, .toolChoice, .metadata, .maxTokens, .stream, .thinking,
                .contextManagement, .outputConfig, .outputFormat, .stopSequences, .temperature, .topP, .topK,
                .cacheControl, .safeguards, .compaction, .mcpServers, .container, .skills, .thread, .inferenceGeo,
                .speed, .serviceTier, .fallbacks, .fallbackModels, .billingPolicy, .userProfileId, .workspaceId,
                .diagnostics, .fallbackCreditToken,
            ]
        ),
        (
            .message,
            [
                .role, .content, .outputConfig, .clearAt,
            ]
        ),
        (
            .block,
            [
                .cacheControl, .caller, .citations, .content, .context, .data, .encryptedContent, .encryptedStdout,
                .error, .errorCode, .errorMessage, .fileId, .fileType, .from, .id, .input, .isError, .isFileUpdate,
                .lines,
                .mcpServerName, .name, .newLines, .newStart, .numLines, .oldLines, .oldStart, .pageAge, .retrievedAt,
                .returnCode, .serverName, .signature, .source, .startLine, .stateChanges, .stderr, .stdout,
                .stopReason, .tabs, .text, .thinking, .title, .to, .tool, .toolChanges, .toolName, .toolReferences,
                .toolUseId, .tools, .toolsetName, .totalLines, .transformations, .trigger, .type, .url,
            ]
        ),
        (
            .blockType,
            [
                .text, .image, .document, .searchResult, .thinking, .redactedThinking, .toolUse, .toolResult,
                .serverToolUse, .webSearchToolResult, .webFetchToolResult, .advisorToolResult,
                .codeExecutionToolResult, .bashCodeExecutionToolResult, .textEditorCodeExecutionToolResult,
                .toolSearchToolResult, .mcpToolUse, .mcpToolResult, .compaction, .toolAddition, .toolRemoval,
                .fallback, .toolReference, .browserState, .webSearchResult, .webFetchResult,
                .webSearchToolResultError, .webFetchToolResultError, .advisorResult, .advisorRedactedResult,
                .advisorToolResultError, .codeExecutionResult, .encryptedCodeExecutionResult, .codeExecutionOutput,
                .codeExecutionToolResultError, .bashCodeExecutionResult, .bashCodeExecutionOutput,
                .bashCodeExecutionToolResultError, .textEditorCodeExecutionViewResult,
                .textEditorCodeExecutionCreateResult, .textEditorCodeExecutionStrReplaceResult,
                .textEditorCodeExecutionToolResultError, .toolSearchToolSearchResult, .toolSearchToolResultError,
                .containerUpload, .mcpToolListing,
            ]
        ),
        (
            .mcpServer,
            [
                .type, .url, .name, .authorizationToken, .toolConfiguration,
            ]
        ),
        (
            .source,
            [
                .type, .data, .mediaType, .content, .url, .fileId,
            ]
        ),
        (
            .sourceType,
            [
                .base64, .text, .content, .url, .file,
            ]
        ),
        (
            .container,
            [
                .id, .skills,
            ]
        ),
        (
            .skill,
            [
                .type, .skillId, .version,
            ]
        ),
        (
            .billingPolicy,
            [
                .type, .billTo,
            ]
        ),
        (
            .edit,
            [
                .type, .keep, .trigger, .clearAtLeast, .clearToolInputs, .excludeTools, .instructions,
                .pauseAfterCompaction,
            ]
        ),
        (
            .editBase,
            [
                .clearToolUses, .clearThinking, .compact,
            ]
        ),
        (
            .toolChange,
            [
                .type, .name, .serverName, .definition,
            ]
        ),
        (
            .tool,
            [
                .type, .name, .description, .inputSchema, .cacheControl, .deferLoading, .eagerInputStreaming,
                .inputExamples, .strict, .allowedCallers, .maxUses, .allowedDomains, .blockedDomains, .userLocation,
                .citations, .maxContentTokens, .responseInclusion, .useCache, .urlSources, .displayHeightPx,
                .displayWidthPx, .displayNumber, .enableZoom, .maxCharacters, .model, .maxTokens, .caching, .configs,
                .mcpServerName, .defaultConfig, .tools,
            ]
        ),
        (
            .toolChoice,
            [
                .type, .name, .disableParallelToolUse,
            ]
        ),
        (
            .thinking,
            [
                .type, .budgetTokens, .display, .blockBinding,
            ]
        ),
        (
            .outputConfig,
            [
                .effort, .format, .taskBudget,
            ]
        ),
        (
            .contextManagement,
            [
                .edits
            ]
        ),
        (
            .fallback,
            [
                .model, .maxTokens, .outputConfig, .speed, .thinking,
            ]
        ),
        (
            .batch,
            [
                .requests
            ]
        ),
        (
            .batchEntry,
            [
                .customId, .params,
            ]
        ),
        (
            .toolBase,
            [
                .bash, .textEditor, .computer, .computerToolset, .browserToolset, .memory, .webSearch, .webFetch,
                .codeExecution, .advisor, .toolSearchToolRegex, .toolSearchToolBm25,
            ]
        ),
        (
            .fixedName,
            [
                .bash, .strReplaceEditor, .strReplaceBasedEditTool, .computer, .memory, .webSearch, .webFetch,
                .codeExecution, .advisor, .toolSearchToolRegex, .toolSearchToolBm25,
            ]
        ),
        (
            .conversationRole,
            [
                .user, .assistant, .system,
            ]
        ),
        (
            .freeForm,
            [
                .inputSchema, .inputExamples, .schema,
            ]
        ),
        (
            .complete,
            [
                .model, .prompt, .maxTokensToSample, .stopSequences, .temperature, .topP, .topK, .metadata, .stream,
            ]
        ),
    ]
}
