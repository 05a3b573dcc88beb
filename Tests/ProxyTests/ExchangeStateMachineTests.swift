import Testing

@testable import Proxy

@Suite struct ExchangeStateMachineTests {
    private func after(_ steps: (inout ExchangeStateMachine) -> Void...) -> ExchangeStateMachine {
        var machine = ExchangeStateMachine()
        for step in steps { step(&machine) }
        return machine
    }

    private let whole: (inout ExchangeStateMachine) -> Void = {
        _ = $0.headArrived()
        _ = $0.endArrived()
    }
    private let sent: (inout ExchangeStateMachine) -> Void = {
        $0.record(.forward)
        _ = $0.recorded(durably: true)
        _ = $0.connected()
    }

    @Test func aRequestIsDecidedWhenItIsWholeAndForwardedWhenThatIsOnDisk() {
        var machine = ExchangeStateMachine()
        same(machine.headArrived(), .begin)
        #expect(machine.bodyArrived() == .take)
        same(machine.endArrived(), .decide)
        machine.record(.forward)
        same(machine.connected(), false, "not before it is recorded")
        same(machine.recorded(durably: true), .forward)
        same(machine.connected(), true)
        same(machine.responded(), true)
        same(machine.answered(), .settle)
        #expect(machine.phase == .idle)
    }

    @Test func nothingIsForwardedThatCouldNotBeRecorded() {
        var machine = after(whole, { $0.record(.forward) })
        same(machine.recorded(durably: false), .refuse)
        same(machine.connected(), false)
    }

    @Test func theBodyWaitsForTheCallersIdentity() {
        var machine = after({ _ = $0.headArrived() }, { $0.awaitIdentity() })
        same(machine.endArrived(), .nothing)
        same(machine.identified(), .decide)
    }

    @Test func aSecondRequestWaitsForTheFirst() {
        var machine = after(whole, sent)
        same(machine.headArrived(), .hold)
        #expect(machine.bodyArrived() == .hold)
    }

    @Test func anAnswerBeforeTheRequestsEndThrowsTheRestAway() {
        var machine = after({ _ = $0.headArrived() }, { $0.record(.refuse) })
        #expect(machine.bodyArrived() == .drop)
        same(machine.recorded(durably: true), .refuse)
        same(machine.answered(), .nothing)
        #expect(machine.phase == .discarding)
        #expect(machine.bodyArrived() == .drop)
        same(machine.endArrived(), .settle)
    }

    @Test(arguments: [
        // (the failure, the connection was used before, idempotent, what follows)
        (UpstreamFailure.closedBeforeResponse(requestSent: false), true, false, ExchangeStateMachine.Failed.retry),
        (.closedBeforeResponse(requestSent: false), false, false, .answer),
        (.closedBeforeResponse(requestSent: true), true, false, .answer),
        (.closedBeforeResponse(requestSent: true), true, true, .retry),
        (.closedBeforeResponse(requestSent: true), false, true, .answer),
        (.malformed, true, true, .answer),
        (.headTimeout, true, true, .answer),
    ])
    func onlyWhatWasProvablyNotCarriedOutIsSentAgain(
        failure: UpstreamFailure, reused: Bool, idempotent: Bool, expected: ExchangeStateMachine.Failed
    ) {
        var machine = after(whole, sent)
        same(machine.failed(failure, reused: reused, idempotent: idempotent), expected)
        guard expected == .retry else { return }
        same(machine.connected(), true)
        same(machine.failed(failure, reused: reused, idempotent: idempotent), .answer, "once only")
    }

    @Test func aFailureInsideAResponseAbortsIt() {
        var machine = after(whole, sent, { _ = $0.responded() })
        same(machine.failed(.truncated, reused: true, idempotent: true), .abortResponse)
    }

    @Test func whatACutMeansDependsOnWhatWasDelivered() {
        var recording = after(whole, { $0.record(.forward) })
        same(recording.cut(), .refuseWhenRecorded)
        same(recording.recorded(durably: true), .refuse)
        var connecting = after(whole, { $0.record(.forward) }, { _ = $0.recorded(durably: true) })
        same(connecting.cut(), .refuse)
        var waiting = after(whole, sent)
        same(waiting.cut(), .refuse)
        var streaming = after(whole, sent, { _ = $0.responded() })
        same(streaming.cut(), .endResponse)
        var receiving = after({ _ = $0.headArrived() })
        same(receiving.cut(), .nothing)
        var idle = ExchangeStateMachine()
        same(idle.cut(), .nothing)
    }

    @Test func aClientThatLeavesIsReportedOnce() {
        var machine = after(whole, sent)
        same(machine.closed(), true)
        same(machine.closed(), false)
        same(machine.headArrived(), .drop)
    }
}
